import { GROUP, HOST } from '../../support/ingest-chain.ts'

export const GATEWAY = 'gw-1'

/** A fleet manager with one site, one gateway and its meter. */
export const siteConfig = (dataDir: string): unknown => ({
  dataDir,
  hostId: HOST,
  http: { port: 0 },
  mqtt: { embedded: { port: 0 } },
  sites: [
    {
      id: 'site-1',
      name: 'site-1',
      county: GROUP,
      latitude: 24,
      longitude: 110,
      closedOn: null,
      area: 'key',
      expectedLoads: [],
      permits: [],
      sensors: [{ gateway: GATEWAY, id: 'meter-1', kind: 'power-meter' }],
      supplyPoints: [],
    },
  ],
  gateways: [{ id: GATEWAY, site: 'site-1', passwordSha256: '0'.repeat(64) }],
  orders: { issuer: { id: GROUP, name: 'county' } },
})
