import { cancel } from './commands/cancel.ts';
import type { CancelCommand } from './commands/cancel.ts';
import { decide } from './commands/decide.ts';
import type { DecideCommand } from './commands/decide.ts';
import { begin, halt, hold, keepRecheck, settle } from './commands/execution.ts';
import type { ExecutionCommand } from './commands/execution.ts';
import { expire } from './commands/expire.ts';
import type { Request } from './request.ts';
import type { Transition } from './step.ts';

export type Command =
  DecideCommand | CancelCommand | { readonly type: 'expire' } | ExecutionCommand;

/**
 * What a command does to a request at a time (ms). Pure: the same three always give the same
 * result, so a lost race is settled by loading and ruling again.
 */
export function transition(request: Request, command: Command, now: number): Transition {
  switch (command.type) {
    case 'decide':
      return decide(request, command, now);
    case 'cancel':
      return cancel(request, command, now);
    case 'expire':
      return expire(request, now);
    case 'begin':
      return begin(request, command, now);
    case 'recheck':
      return keepRecheck(request, command, now);
    case 'halt':
      return halt(request, command, now);
    case 'hold':
      return hold(request, command, now);
    case 'settle':
      return settle(request, command, now);
  }
}
