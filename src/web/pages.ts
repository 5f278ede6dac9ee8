import type { Config } from '../config/config.ts';
import type { Clock } from '../lib/clock.ts';
import { systemIds } from '../lib/ids.ts';
import type { Ids } from '../lib/ids.ts';
import { describeError } from '../lib/logger.ts';
import type { Logger } from '../lib/logger.ts';
import { IdentityError } from '../usecases/ports/ports.ts';
import type { SignInPages, WebPages, WebReply } from '../usecases/ports/ports.ts';
import { createAssets } from './assets.ts';
import { refusedPage, resultPage, startPage } from './sign-in-pages.ts';

export interface WebPagesOptions {
  readonly config: Pick<Config, 'profile' | 'server'>;
  readonly signIn: SignInPages;
  readonly log: Logger;
  readonly clock: Clock;
  readonly ids?: Ids;
  /**
   * Origins whose page may have opened the sign-in's window and then gets the code. Only in the
   * local profile; default: the service's own host, one port on, where its Teams-like page is.
   */
  readonly openers?: readonly string[];
}

const NONCE_BYTES = 18;

/** The pages around the sign-in button's two addresses. Refusals are pages, never exceptions. */
export function createWebPages(options: WebPagesOptions): WebPages {
  const { config, signIn, log } = options;
  const ids = options.ids ?? systemIds;
  const openers =
    config.profile === 'local' ? (options.openers ?? localOpeners(config.server.publicUrl)) : [];
  const guarded = async (work: (nonce: string) => Promise<WebReply>): Promise<WebReply> => {
    const nonce = ids.secret(NONCE_BYTES);
    try {
      return await work(nonce);
    } catch (error) {
      if (error instanceof IdentityError) {
        const status = error.code === 'sign_in_unavailable' ? 503 : 400;
        return refusedPage({ status, code: error.code, message: error.message, nonce });
      }
      log.error('a sign-in failed', { error: describeError(error) });
      return refusedPage({
        status: 500,
        code: 'internal_error',
        nonce,
        message: 'Something went wrong here. Press the button in Teams again.',
      });
    }
  };
  return {
    signInStart: ({ query }) =>
      guarded((nonce) => Promise.resolve(startPage({ link: linkOf(query), nonce }))),
    signInBegin: ({ query }) =>
      guarded(async () => {
        const { redirectTo, setCookie } = await signIn.begin({ link: linkOf(query) });
        return {
          status: 303,
          headers: { location: redirectTo, 'set-cookie': setCookie },
          body: '',
        };
      }),
    signInCallback: (input) =>
      guarded(async (nonce) => {
        const { code, setCookie } = await signIn.finish(input);
        return resultPage({ code, setCookie, nonce, openers });
      }),
    asset: createAssets(),
  };
}

/** A missing or repeated link is as good as a wrong one; identity tells it in one way. */
function linkOf(query: URLSearchParams): string {
  const links = query.getAll('link');
  return links.length === 1 ? (links[0] ?? '') : '';
}

function localOpeners(publicUrl: string): string[] {
  const port = Number(new URL(publicUrl).port || 80) + 1;
  return [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
}
