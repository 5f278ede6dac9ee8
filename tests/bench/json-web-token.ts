/** jsonwebtoken and jwks-rsa as in their documentation; they ship no types. */
import { createRequire } from 'node:module';

type Callback = (error: Error | null, found?: unknown) => void;

interface JsonWebToken {
  verify(
    token: string,
    getKey: (header: { kid: string }, done: Callback) => void,
    options: object,
    done: Callback,
  ): void;
}

type CreateClient = (options: { jwksUri: string }) => {
  getSigningKey(
    kid: string,
    done: (error: Error | null, key?: { getPublicKey(): string }) => void,
  ): void;
};

const require = createRequire(import.meta.url);

/** Verifies a token with jwks-rsa's default cache; returns its claims. */
export function jsonWebToken(
  jwksUri: string,
  expected: { issuer: string; audience: string; algorithms: readonly string[] },
): (token: string) => Promise<unknown> {
  const { verify } = require('jsonwebtoken') as JsonWebToken;
  const client = (require('jwks-rsa') as CreateClient)({ jwksUri });
  const getKey = (header: { kid: string }, done: Callback) =>
    client.getSigningKey(header.kid, (error, key) => done(error, key?.getPublicKey()));
  return (token) =>
    new Promise((resolve, reject) => {
      verify(token, getKey, expected, (error, claims) => {
        if (error) reject(error);
        else resolve(claims);
      });
    });
}
