/** A sentence for each code, made of the params of that code. */
export type Sentences<Codes> = { readonly [Code in keyof Codes]: (params: Codes[Code]) => string };
