import { formatsFor } from '../format.ts';

/** Lists, numbers and durations in English. */
export const format = formatsFor('en');
