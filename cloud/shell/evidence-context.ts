import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { canonicalJson } from '@minewarden/protocol/canonical-json.ts'
import type { CloudConfig } from '../config.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

/**
 * Versions and configuration as they are frozen beside the readings of a finding: what judged it, by which numbers, and
 * what the register said of the site. Gateways do not tell their versions, and that is said, too.
 */
export function createEvidenceContext(config: CloudConfig, parametersOf: (site: string) => unknown) {
  const configSha256 = createHash('sha256')
    .update(canonicalJson(plain(config)))
    .digest('hex')
  return (site: string): Record<string, unknown> => ({
    cloud: { software: version, node: process.version, configSha256 },
    gateways: config.gateways
      .filter((gateway) => gateway.site === site)
      .map(({ id, county }) => ({ id, county: county ?? null, software: null, because: 'not told by the gateway' })),
    site: plain(config.sites.find(({ id }) => id === site) ?? null),
    detection: plain({ county: config.detection, parameters: parametersOf(site) }),
    orders: plain({ issuer: config.orders.issuer }),
  })
}

/** Without members that are not there and without classes: what has one canonical form. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null))
