import { createHash, randomBytes } from 'node:crypto'
import type { DriverConfig } from '@minewarden/hardware/registry.ts'
import type { SensorKind } from '@minewarden/protocol/ids.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { isoTime } from '@minewarden/protocol/time.ts'
import type { z } from 'zod'

/**
 * The demo as data: sites, each with one gateway, one feeder and one supply point, and from them the configuration
 * files of every part. Whoever wants to run the parts by hand finds a complete set of files in the demo's data folder.
 */
export interface SceneSite {
  readonly id: string
  readonly name: string
  readonly county: string
  readonly latitude: number
  readonly longitude: number
  readonly closedOn: string | null
  readonly area: 'key' | 'general'
  readonly expectedLoads: Site['expectedLoads']
  readonly permits: Site['permits']
  readonly gateway: string
  readonly sensors: readonly { readonly id: string; readonly kind: SensorKind }[]
  readonly drivers: readonly z.input<typeof DriverConfig>[]
  /** What hangs on the supply point, and how it may be cut. */
  readonly loadClass: 'A' | 'C'
  readonly loads: readonly string[]
}

/** Where everything listens and lives. */
export interface Places {
  readonly dataDir: string
  readonly httpPort: number
  readonly mqttPort: number
  readonly suppliersPort: number
  readonly utilityPort: number
  readonly feedersPort: number
  readonly certificate: { readonly certFile: string; readonly keyFile: string }
}

const SUPPLIER = 'grid-company'
const HOST_ID = 'minewarden'
/** One-time links stay good this long. */
const LINKS_VALID_MS = 24 * 3_600_000

/** The two officials; roles, not people. */
const OFFICIALS = [
  {
    id: 'duty-officer',
    name: '值班员',
    nameEn: 'duty officer',
    department: '县矿山安全监测中心',
    role: 'duty-officer',
  },
  {
    id: 'department-head',
    name: '主管部门负责人',
    nameEn: 'head of the competent department',
    department: '县应急管理局',
    role: 'head',
  },
] as const

/** Records what the law asks of each order, which the demo does in that office's place. */
const LEGAL_OFFICER = { id: 'legal-officer', name: '法制员', department: '县司法局', role: 'officer' } as const

export interface SignInLink {
  readonly who: string
  readonly token: string
}

export interface Scene {
  readonly feeders: object
  readonly utility: object
  readonly cloud: object
  readonly gateways: readonly { readonly id: string; readonly password: string; readonly config: object }[]
  readonly links: readonly SignInLink[]
  /** One-time tokens of the office that keeps the legal steps, and of the head who declares the emergency. */
  readonly clerks: { readonly officer: string; readonly head: string }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const secret = () => randomBytes(24).toString('base64url')
const feederOf = (site: SceneSite) => `feeder-${site.id}`

export function createScene(sites: readonly SceneSite[], places: Places, nowMs: number): Scene {
  const links = OFFICIALS.map(({ name, nameEn }) => ({ who: `${name} (${nameEn})`, token: secret() }))
  const clerks = { officer: secret(), head: secret() }
  const passwords = new Map(sites.map((site) => [site.gateway, secret()]))
  const expiresAt = new Date(nowMs + LINKS_VALID_MS).toISOString()
  return {
    links,
    clerks,
    feeders: {
      port: places.feedersPort,
      feeders: sites.map(feederOf),
      positionFile: `${places.dataDir}/feeders/positions.json`,
    },
    utility: utilityConfig(sites, places),
    cloud: {
      ...cloudConfig(sites, places),
      gateways: sites.map(({ id, gateway }) => ({
        id: gateway,
        site: id,
        passwordSha256: sha256(passwords.get(gateway) ?? ''),
      })),
      users: [...OFFICIALS, LEGAL_OFFICER].map(({ id, name, department, role }) => ({ id, name, department, role })),
      signInTokens: [
        ...OFFICIALS.map(({ id }, i) => ({ user: id, sha256: sha256(links[i]?.token ?? ''), expiresAt })),
        { user: LEGAL_OFFICER.id, sha256: sha256(clerks.officer), expiresAt },
        { user: OFFICIALS[1].id, sha256: sha256(clerks.head), expiresAt },
      ],
    },
    gateways: sites.map((site) => ({
      id: site.gateway,
      password: passwords.get(site.gateway) ?? '',
      config: gatewayConfig(site, places),
    })),
  }
}

const meterOf = (site: SceneSite) => site.sensors.find(({ kind }) => kind === 'power-meter')

function cloudConfig(sites: readonly SceneSite[], places: Places): object {
  const { certFile, keyFile } = places.certificate
  return {
    dataDir: `${places.dataDir}/cloud`,
    hostId: HOST_ID,
    http: { port: places.httpPort, publicReading: true },
    suppliersHttps: { port: places.suppliersPort, certFile, keyFile },
    mqtt: { embedded: { port: places.mqttPort } },
    sites: sites.map((site) => ({
      id: site.id,
      name: site.name,
      county: site.county,
      latitude: site.latitude,
      longitude: site.longitude,
      closedOn: site.closedOn,
      area: site.area,
      operator: `${site.name}原采矿权人`,
      expectedLoads: site.expectedLoads,
      permits: site.permits.map(({ reason, from, to }) => ({ reason, from: isoTime(from), to: isoTime(to) })),
      sensors: site.sensors.map(({ id, kind }) => ({ gateway: site.gateway, id, kind })),
      supplyPoints: meterOf(site) ? [supplyPoint(site)] : [],
    })),
    suppliers: [
      {
        id: SUPPLIER,
        name: '县供电公司（参考实现）',
        url: `https://127.0.0.1:${places.utilityPort}/orders`,
        jwksUrl: `https://127.0.0.1:${places.utilityPort}/.well-known/jwks.json`,
        caFile: certFile,
      },
    ],
    // A demo's officials have no passkeys when it begins; they may set one up, and need not.
    orders: { approvals: ['passkey', 'totp', 'link'], issuer: { id: sites[0]?.county ?? '', name: '县应急管理局' } },
    logLevel: 'info',
  }
}

const supplyPointId = (site: SceneSite) => `sp-${site.id}`

function supplyPoint(site: SceneSite): object {
  return {
    id: supplyPointId(site),
    supplier: SUPPLIER,
    customerNumber: `04503${site.id.replace(/\D/g, '').slice(-7).padStart(7, '0')}`,
    location: `10 kV 支线 ${site.id} 号杆，专用变压器`,
    method: 'feeder-breaker',
    loadClass: site.loadClass,
    loads: site.loads,
    surveyedOn: site.loadClass === 'A' ? '2026-03-12' : null,
    topology: site.loadClass === 'A' ? 'surveyed' : 'unknown',
    residents: false,
    meter: { gateway: site.gateway, sensor: meterOf(site)?.id },
  }
}

function utilityConfig(sites: readonly SceneSite[], places: Places): object {
  const { certFile, keyFile } = places.certificate
  const county = `https://127.0.0.1:${places.suppliersPort}`
  return {
    supplier: { id: SUPPLIER, name: '县供电公司（参考实现）' },
    listen: { port: places.utilityPort },
    tls: { certFile, keyFile },
    signingKeyFile: `${places.dataDir}/utility/signing-key.json`,
    database: `${places.dataDir}/utility/orders.sqlite`,
    county: {
      issuer: sites[0]?.county ?? '',
      jwksUrl: `${county}/.well-known/jwks.json`,
      answersUrl: `${county}/api/v1/suppliers/${SUPPLIER}/answers`,
      caFile: certFile,
    },
    feeders: {
      port: places.feedersPort,
      points: sites.filter(meterOf).map((site) => ({ supplyPoint: supplyPointId(site), feeder: feederOf(site) })),
    },
    policy: { acceptDelayMs: 1_500, executeDelayMs: 3_000 },
  }
}

function gatewayConfig(site: SceneSite, places: Places): object {
  return {
    gateway: site.gateway,
    county: site.county,
    data: `${places.dataDir}/${site.gateway}`,
    primaryHost: HOST_ID,
    uplink: {
      servers: [`mqtt://127.0.0.1:${places.mqttPort}`],
      passwordFile: `${places.dataDir}/${site.gateway}.password`,
    },
    drivers: site.drivers,
    feeder: { host: '127.0.0.1', port: places.feedersPort, id: feederOf(site) },
    spool: { featureCommitMs: 1_000 },
    ring: { quotaMiB: 256 },
  }
}
