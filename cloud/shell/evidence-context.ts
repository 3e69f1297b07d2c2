import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { canonicalJson } from '@minewarden/protocol/canonical-json.ts'
import type { GatewayId } from '@minewarden/protocol/ids.ts'
import type { CloudConfig } from '../config.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

/**
 * Versions and configuration as they are frozen beside the readings of a finding: what judged it, by which numbers, and
 * what the register said of the site. Of a gateway that has not told of itself that is said, too.
 */
export function createEvidenceContext(
  config: CloudConfig,
  told: {
    readonly parametersOf: (site: string) => unknown
    readonly identityOf: (
      gateway: GatewayId,
    ) => { readonly software: string; readonly configSha256: string | null } | null
  },
) {
  const configSha256 = createHash('sha256')
    .update(canonicalJson(plain(config)))
    .digest('hex')
  return (site: string): Record<string, unknown> => ({
    cloud: { software: version, node: process.version, configSha256 },
    gateways: config.gateways
      .filter((gateway) => gateway.site === site)
      .map(({ id }) => ({ id, ...(told.identityOf(id) ?? { software: null, because: 'not told by the gateway' }) })),
    site: plain(config.sites.find(({ id }) => id === site) ?? null),
    detection: plain({ county: config.detection, parameters: told.parametersOf(site) }),
    orders: plain({ issuer: config.orders.issuer }),
  })
}

/** Without members that are not there and without classes: what has one canonical form. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null))
