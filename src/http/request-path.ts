import { z } from 'zod';

/** The path parameters of a route about one request. */
export const requestPath = z.object({ id: z.string().max(64).describe('Id of a request') });
