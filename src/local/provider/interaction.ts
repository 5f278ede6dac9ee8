/** The sign-in interaction: shows the page and passes the choice to the provider. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors, type Provider } from 'oidc-provider';
import { readText, textOf } from '../loopback.ts';
import type { Person } from '../world.ts';
import { messagePage, pageHeaders, signInPage } from './page.ts';
import { grantedAcr, hintedPerson } from './policy.ts';

const FORM_BYTES = 4_096;
const PATH = /^\/interaction\/[\w-]{1,64}$/;

/** The parts that the interaction uses; `returnTo` gives the origin of the service. */
export interface InteractionParts {
  readonly people: readonly Person[];
  readonly provider: Provider;
  returnTo(): string;
}

/** Handles `/interaction/{uid}`; gives false for other paths. */
export async function handleInteraction(
  parts: InteractionParts,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<boolean> {
  const { people, provider } = parts;
  const path = (req.url ?? '').split('?')[0] ?? '';
  if (!PATH.test(path)) return false;
  const show = (status: number, html: string) => {
    res.writeHead(status, pageHeaders(parts.returnTo()));
    res.end(html);
  };
  try {
    const interaction = await provider.interactionDetails(req, res);
    if (path !== `/interaction/${interaction.uid}`) {
      throw new errors.SessionNotFound('this page belongs to another sign-in');
    }
    if (interaction.prompt.name !== 'login') {
      // Consent is given already, also when a client asks for the prompt.
      await provider.interactionFinished(req, res, { consent: {} });
    } else if (req.method === 'POST') {
      await finish(parts, req, res);
    } else {
      const asked = textOf(interaction.params.acr_values);
      const acr = asked === undefined ? undefined : grantedAcr(asked);
      const hinted = hintedPerson(people, textOf(interaction.params.login_hint));
      show(200, signInPage({ action: path, people, hinted, acr }));
    }
  } catch (error) {
    if (!(error instanceof errors.OIDCProviderError)) throw error;
    show(400, messagePage('This sign-in has ended', error.error_description ?? error.message));
  }
  return true;
}

async function finish(
  parts: InteractionParts,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const { people, provider } = parts;
  const form = await readForm(req);
  const person = people.find(({ id }) => id === form.get('person'));
  if (person === undefined) {
    const description = form.has('cancel') ? 'the person cancelled' : 'nobody was chosen';
    const result = { error: 'access_denied', error_description: description };
    return provider.interactionFinished(req, res, result);
  }
  const interaction = await provider.interactionDetails(req, res);
  if (interaction.session?.accountId !== undefined && interaction.session.accountId !== person.id) {
    // Another person is signed in: end that session, without a sign-out page.
    await (await provider.Session.findByUid(interaction.session.uid))?.destroy();
    delete interaction.session;
    await interaction.persist();
  }
  const granted = grantedAcr(textOf(interaction.params.acr_values));
  const amr = granted === 'pwd' ? ['pwd'] : ['pwd', 'mfa'];
  await provider.interactionFinished(req, res, {
    login: { accountId: person.id, acr: granted, amr },
  });
}

async function readForm(req: IncomingMessage): Promise<URLSearchParams> {
  if (!(req.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')) {
    throw new errors.InvalidRequest('a form is expected');
  }
  const text = await readText(req, FORM_BYTES);
  if (text === undefined) throw new errors.InvalidRequest('the form is too long');
  return new URLSearchParams(text);
}
