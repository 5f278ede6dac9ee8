import type { OutcomeParams } from '../../domain/outcome.ts';
import type { Sentences } from '../sentences.ts';

/** How a request ended, by code. */
export const outcomes = {
  denied: ({ by }) => `${by} denied it.`,
  cancelled: ({ by }) => `${by} cancelled it.`,
  expired: () => 'Nobody decided it in time.',
  executor_changed: ({ sent }) =>
    sent
      ? "The executor's configuration was changed while it was being applied. Look at the target."
      : "The executor's configuration is no longer what was approved. Ask for it again.",
  executor_missing: ({ executor }) =>
    `The executor ${executor} is no longer configured. Configure it and ask again.`,
  interrupted: () => 'The service stopped while it was being applied. Look at the target.',
  roles_withdrawn: ({ person, role, sent }) =>
    `${person} approved it as ${role} and no longer has that role. ${afterRecheck(sent)}`,
  claim_changed: ({ person, claim, value, sent }) =>
    `${person} approved it with the ${claim} ${value} and no longer has that. ` +
    afterRecheck(sent),
  roles_unconfirmed: ({ person, role, claim, value, sent }) =>
    `Whether ${person} still has the ${claim === null ? `role ${role}` : `${claim} ${value}`} ` +
    'could not be found out, and this workflow does not run without. ' +
    afterRecheck(sent),
  applied: ({ target, status, said }) => said ?? `${target} took it (${status}).`,
  target_refused: ({ target, status, said }) => `${target} refused it (${status}).${quote(said)}`,
  target_busy: ({ target, status, said }) =>
    `${target} could not take it now (${status}).${quote(said)}`,
  target_redirected: ({ target, status }) =>
    `${target} answered ${status}, a redirect; those are not followed. Configure its final URL.`,
  target_error: ({ target, status, said }) => `${target} failed (${status}).${quote(said)}`,
  target_timeout: ({ target }) =>
    `${target} did not answer in time; whether it took effect is not known.`,
  target_unreachable: ({ target, detail }) =>
    `${target} was not reached: ${detail || 'no reason given'}.`,
  target_address_refused: ({ target }) =>
    `${target} leads to a private or special address. If that is meant, list the host or range ` +
    "under the executor's allowPrivate.",
  connection_lost: ({ target, detail }) =>
    `The connection to ${target} broke off (${detail || 'no reason given'}).`,
} satisfies Sentences<OutcomeParams>;

function afterRecheck(sent: boolean): string {
  return sent ? 'An earlier try may have reached the target: look there.' : 'Ask for it again.';
}

function quote(said: string | null): string {
  return said === null ? '' : ` It said: ${said}`;
}
