import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { canonicalJson } from '@minewarden/protocol/canonical-json.ts'

/** What a gateway tells of itself at its birth: so that evidence can say what measured it. */
export interface GatewayIdentity {
  readonly software: string
  /** Of the configuration with every default filled in; it names secrets by file, and holds none. */
  readonly configSha256: string
}

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

export function identityOf(config: unknown): GatewayIdentity {
  // Through JSON: members that are not there have no part in it.
  const plain: unknown = JSON.parse(JSON.stringify(config))
  return { software: version, configSha256: createHash('sha256').update(canonicalJson(plain)).digest('hex') }
}
