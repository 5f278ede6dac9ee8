/** `--people`: the people who use one's own workflows in the local profile. */
import { z } from 'zod';
import { checkShape } from '../../config/check-shape.ts';
import { machineFiles } from '../../config/files.ts';
import { ConfigError } from '../../config/problem.ts';
import { refuseReferences } from '../../config/references.ts';
import { claimSchema, lineSchema, nameSchema, roleSchema } from '../../config/schema-parts.ts';
import { readYaml } from '../../config/yaml-source.ts';
import { localPerson } from '../people.ts';
import type { Person } from '../world.ts';

/** Claims that the local provider sets itself. */
const RESERVED = [
  ...['iss', 'sub', 'aud', 'azp', 'exp', 'iat', 'nbf', 'jti', 'uti', 'oid', 'tid', 'ver', 'scp'],
  ...['name', 'preferred_username', 'roles', 'acr', 'amr', 'auth_time', 'idtyp', 'azpacr'],
];

const claimValue = z.union([z.string().max(300), z.number(), z.boolean(), z.array(z.string())]);

const personSchema = z.strictObject({
  id: nameSchema,
  name: lineSchema(100),
  title: lineSchema(100).optional(),
  roles: z.array(roleSchema).max(50).default([]),
  claims: z
    .record(
      claimSchema.refine((name) => !RESERVED.includes(name), {
        error: 'a claim that the local provider does not set itself',
      }),
      claimValue,
    )
    .default({}),
});

const fileSchema = z.strictObject({
  people: z
    .array(personSchema)
    .min(1)
    .max(50)
    .refine((people) => new Set(people.map(({ id }) => id)).size === people.length, {
      error: 'people with different ids',
    }),
});

/**
 * Reads the file.
 *
 * @throws ConfigError with every problem; errors of Node when it cannot be read.
 */
export function readPeople(file: string): Person[] {
  const text = machineFiles.readFile(file);
  const { source, problems } = readYaml({ file, text, substitute: refuseReferences });
  if (problems.length > 0) throw new ConfigError(problems);
  const shape = checkShape(source, fileSchema);
  if ('problems' in shape) throw new ConfigError(shape.problems);
  return shape.value.people.map(localPerson);
}
