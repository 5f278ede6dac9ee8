import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { partOf, wrongImports } from './directions.ts';
import { filesUnder, importsOf, parse, placeOf, ROOT, visit } from './tree.ts';
import ts from 'typescript';

const sources = filesUnder(['src'], ['.ts']);
const wrong = (path: string, text: string) => wrongImports({ path, text });

describe('import directions and vendor fences', () => {
  test('every import follows the directions and the vendor fences', () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(sources.flatMap(wrongImports)).toEqual([]);
  });

  test.each([
    ['src/http/server.ts', 'import { openStore } from "../store/sqlite/store.ts";'],
    ['src/audit/seal.ts', 'import type { Keys } from "../keys/keys.ts";'],
    ['src/domain/digest.ts', 'import { createHash } from "node:crypto";'],
    ['src/domain/request.ts', 'import { z } from "zod";'],
    ['src/domain/request.ts', 'import type { Config } from "../config/config.ts";'],
    ['src/usecases/app.ts', 'export { createBot } from "../teams/bot.ts";'],
    ['src/usecases/app.ts', 'import { readShown } from "../interactions/card-data.ts";'],
    ['src/interactions/reply.ts', 'import { cardAnswer } from "../teams/inbound/answers.ts";'],
    ['src/interactions/reply.ts', 'import { en } from "../text/en.ts";'],
    ['src/http/server.ts', 'import { readShown } from "../interactions/card-data.ts";'],
    ['src/usecases/app.ts', 'import { setTimeout } from "node:timers/promises";'],
    ['src/lib/hash.ts', 'import { hash } from "hash-wasm";'],
    ['src/domain/request/digest.ts', 'import canonicalize from "canonicalize";'],
    ['src/http/server.ts', 'import { ActivityTypes } from "botbuilder";'],
    ['src/identity/codes.ts', 'import { createDirectory } from "../directory/directory.ts";'],
    ['src/net/msal-network.ts', 'import type { INetworkModule } from "@azure/msal-node";'],
    ['src/cards/cards.ts', 'import type { Config } from "../config/config.ts";'],
    ['src/config/resolve.ts', 'import { webhook } from "../executors/webhook/webhook.ts";'],
    ['src/teams/bot.ts', 'const restify = await import("restify");'],
    ['src/store/sqlite/store.ts', 'import sql from "mssql";'],
    ['src/http/bearer.ts', 'import { jwtVerify } from "jose";'],
    ['src/executors/webhook/webhook.ts', 'import { request } from "undici";'],
    ['src/executors/webhook/webhook.ts', 'import { request } from "node:https";'],
    ['src/net/post-once.ts', 'import type { Request } from "../domain/request/request.ts";'],
    ['src/compose/compose.ts', 'import { startProfile } from "../local/profile.ts";'],
    ['src/cli/serve.ts', 'await import("../local/profile.ts");'],
    ['src/cli/serve.ts', 'let people: import("../local/people.ts").Person[];'],
    ['src/audit/seal.ts', 'import { describeStore } from "../../tests/store/suite.ts";'],
    ['src/plugins/one.ts', ''],
  ])('finds in %s the import %s', (path, text) => {
    expect(wrong(path, text)).toHaveLength(1);
  });

  test.each([
    ['src/http/server.ts', 'import type { App } from "../usecases/app-port.ts";'],
    ['src/lib/canonical-json.ts', 'import canonicalize from "canonicalize";'],
    ['src/compose/compose.ts', 'import { createSealer } from "../audit/seal.ts";'],
    ['src/store/sqlserver/pool.ts', 'import sql from "mssql";'],
    ['src/executors/webhook/webhook.ts', 'import { postOnce } from "../../net/post-once.ts";'],
    ['src/cli/local.ts', 'await import("../local/profile.ts");'],
    ['src/main.ts', 'import { run } from "./cli/serve.ts"; import "node:crypto";'],
  ])('accepts in %s the import %s', (path, text) => {
    expect(wrong(path, text)).toEqual([]);
  });

  test('production code imports dependencies, not devDependencies', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const missing = sources
      .filter((file) => partOf(file.path) !== 'local')
      .flatMap((file) => importsOf(file).map((name) => ({ name, path: file.path })))
      .filter(({ name }) => !name.startsWith('.') && !isBuiltin(name))
      .filter(({ name }) => {
        const owner = name
          .split('/')
          .slice(0, name.startsWith('@') ? 2 : 1)
          .join('/');
        return !(owner in dependencies);
      });
    expect(missing).toEqual([]);
  });

  test('the CLI imports the local profile only dynamically', () => {
    const eager = sources
      .filter((file) => partOf(file.path) === 'cli')
      .flatMap((file) => {
        const source = parse(file);
        const found: string[] = [];
        visit(source, (node) => {
          if (!ts.isImportDeclaration(node) || !ts.isStringLiteral(node.moduleSpecifier)) return;
          if (node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return;
          if (node.moduleSpecifier.text.includes('/local/')) found.push(placeOf(source, node));
        });
        return found;
      });
    expect(eager).toEqual([]);
  });
});
