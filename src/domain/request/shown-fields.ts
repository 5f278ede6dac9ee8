import { isoDuration } from '../../lib/duration.ts';
import type { Request } from './request.ts';
import type { FieldType, FieldValue } from '../workflow/workflow.ts';

/** A request's fields for API and webhook: durations in ISO 8601, not in ms. */
export function shownFields({
  fields,
  plan,
}: Pick<Request, 'fields' | 'plan'>): Readonly<Record<string, FieldValue>> {
  const types = new Map(plan.fields.map(({ id, type }) => [id, type]));
  return Object.fromEntries(
    Object.entries(fields).map(([id, value]) => [id, shownValue(value, types.get(id))]),
  );
}

/** The same for one value. */
export function shownValue(value: FieldValue, type: FieldType | undefined): FieldValue {
  return type === 'duration' && typeof value === 'number' ? isoDuration(value) : value;
}
