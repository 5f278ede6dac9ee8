/**
 * A browser as small as the sign-in needs: keeps cookies by host, follows redirects by hand, and
 * goes on from the page that a sign-in link opens, as that page's script does.
 */

interface Page {
  readonly status: number;
  readonly url: string;
  readonly location: string | undefined;
  readonly text: string;
}

/** Gives a browser with an empty cookie jar; it follows redirects until one leaves `stayOn`. */
export function browser(stayOn: string) {
  const jar = new Map<string, string>();
  const once = async (url: string, form?: Record<string, string>): Promise<Page> => {
    const response = await fetch(url, {
      method: form === undefined ? 'GET' : 'POST',
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      if (pair.slice(at + 1) === '') jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const location = response.headers.get('location');
    return {
      status: response.status,
      url,
      location: location === null ? undefined : new URL(location, url).href,
      text: await response.text(),
    };
  };
  const follow = async (url: string, form?: Record<string, string>): Promise<Page> => {
    let page = await once(url, form);
    const goOn = /<form method="post" action="(\/auth\/start[^"]*)"/.exec(page.text)?.[1];
    if (goOn !== undefined) page = await once(new URL(goOn, page.url).href, {});
    for (let hops = 0; hops < 8 && page.location?.startsWith(stayOn); hops += 1) {
      page = await once(page.location);
    }
    return page;
  };
  return { jar, once, follow };
}
