import { PROOF_KINDS } from '@minewarden/protocol/approval-proof.ts'
import { describeProblems, type Problem } from '@minewarden/protocol/errors.ts'
import { AreaCode, CountyCode, GatewayId, SiteId, SupplierId, UserId } from '@minewarden/protocol/ids.ts'
import { SUITES } from '@minewarden/protocol/jws.ts'
import { foldName, MAX_VALIDITY_MS } from '@minewarden/protocol/order.ts'
import { MAX_PERMISSION_MS } from '@minewarden/protocol/permission.ts'
import { LicensedQuarry } from '@minewarden/protocol/quarry.ts'
import { IsoTime, Site } from '@minewarden/protocol/site.ts'
import { VetoWindow } from '@minewarden/protocol/standing.ts'
import { z } from 'zod'
import { DEFAULT_RETENTION_DAYS } from './core/history/retention.ts'
import { IssuerKind } from './core/law/rules.ts'
import { DEPARTMENT_LEVELS, ROLES } from './core/ports.ts'
import { CloudError } from './errors.ts'

/** Ceilings of the configuration, each with what it guards. */
const LIMITS = {
  /** Detectors live in memory, some 10 kB a site. */
  sites: 20_000,
  gateways: 20_000,
  users: 10_000,
  suppliers: 1_000,
  /** Each is held against every event that sites of its county felt. */
  quarries: 1_000,
} as const

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256 in lower-case hexadecimal')
const Port = z.number().int().min(0).max(65_535)
const Host = z.string().min(1).max(255)
const File = z.string().min(1)
/** A host's id is one level of an MQTT topic. */
const HostId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "host id: letters, digits, '.', '_', '-', at most 64")

const Embedded = z.strictObject({
  embedded: z
    .strictObject({
      host: Host.default('127.0.0.1'),
      port: Port.default(1883),
      tls: z.strictObject({ keyFile: File, certFile: File }).optional(),
    })
    .prefault({}),
})
const External = z.strictObject({
  url: z.string().regex(/^mqtts?:\/\/[^/\s]+$/, 'mqtt://host:port or mqtts://host:port'),
  username: z.string().min(1).optional(),
  passwordFile: File.optional(),
  caFile: File.optional(),
})

const Gateway = z.strictObject({
  id: GatewayId,
  site: SiteId,
  /** Sparkplug group; the site's county when not given. */
  county: CountyCode.optional(),
  /** Of the generated password that the gateway signs in to the embedded broker with. */
  passwordSha256: Sha256,
})
/** Stands in signed documents: bounded there, and never blank. */
const PersonText = z.string().trim().min(1).max(200)
/** An origin: no path. Passkeys exist on names only, and on `localhost`. */
const Origin = z
  .url({ protocol: /^https?$/ })
  .refine((text) => new URL(text).origin === text, 'scheme, name and port only')
const Department = z.strictObject({ name: PersonText, level: z.enum(DEPARTMENT_LEVELS) })
const ConfiguredUser = z.strictObject({
  id: UserId,
  name: PersonText,
  department: PersonText,
  role: z.enum(ROLES),
})
/** Whoever can change what comes over plain HTTP could give us keys of his own. */
const HttpsUrl = z.url({ protocol: /^https$/ })
const Token = z.strictObject({ user: UserId, sha256: Sha256, expiresAt: IsoTime })
const Supplier = z.strictObject({
  id: SupplierId,
  name: z.string().min(1),
  /** Where it takes orders. */
  url: HttpsUrl,
  /** Where it publishes the keys that it signs answers with. */
  jwksUrl: HttpsUrl,
  caFile: File.optional(),
})
const CallMinutes = z
  .number()
  .min(0.1)
  .max(24 * 60)
const Orders = z.strictObject({
  /** The authority that issues. */
  issuer: z.strictObject({
    id: z.union([AreaCode, z.string().min(1).max(64)]),
    name: z.string().min(1),
    /** Code of a basis of the law that ships with us, or of `lawFile`. */
    basis: z.string().min(1).max(64).default('work-safety-law-70'),
    kind: IssuerKind.default('emergency-management'),
    /** The competent department as users name it, whose head must approve; the issuer's own name where it is not said. */
    department: PersonText.optional(),
  }),
  validityMinutes: z
    .number()
    .min(1)
    .max(MAX_VALIDITY_MS / 60_000)
    .optional(),
  evidenceMaxAgeMinutes: z
    .number()
    .min(1)
    .max(24 * 60)
    .optional(),
  coolDownMinutes: z
    .number()
    .min(0)
    .max(7 * 24 * 60)
    .optional(),
  /** How long a permission to operate a selected supply point is in force. */
  selectTimeoutSeconds: z
    .number()
    .min(5)
    .max(MAX_PERMISSION_MS / 1000)
    .optional(),
  /** How long a cut site is watched; `permanent`: until its power is lawfully restored, or a head closes the matter. */
  watchHours: z
    .union([
      z.literal('permanent'),
      z
        .number()
        .min(72)
        .max(365 * 24),
    ])
    .optional(),
  /** The county's own law: what differs from the law that ships with us. */
  lawFile: File.optional(),
  /** How approvers must prove to be present. `link`, the bare session of a sign-in link, only where it is named. */
  approvals: z.array(z.enum(PROOF_KINDS)).min(1).max(PROOF_KINDS.length).default(['passkey', 'totp']),
  /** Where the county's law allows it: class A orders under a standing authorisation go out unless somebody says no. */
  vetoWindow: VetoWindow.optional(),
  /** From the beginning of a call to the head, and to the county. */
  calls: z
    .strictObject({
      headAfterMinutes: CallMinutes.default(5),
      countyAfterMinutes: CallMinutes.default(15),
    })
    .refine((calls) => calls.headAfterMinutes < calls.countyAfterMinutes, 'the head is called before the county')
    .prefault({}),
  /** What a signing key that is made is for. `SM2SM3` where the power company must use it. */
  signatures: z.enum(SUITES).default('EdDSA'),
  /** File of the private signing key (JWK); made at the first start when it is not there. */
  signingKeyFile: File.optional(),
})

const RetentionHours = z
  .number()
  .min(1)
  .max(24 * 90)
  .default(72)
/** Where a time-series database takes our points; who we are there stands in fields of their own, never in an address. */
const database = {
  url: z.string().regex(/^https?:\/\/[^/\s@?#]+$/, 'http://HOST:PORT or https://HOST:PORT, without path or password'),
  username: z.string().min(1).optional(),
  passwordFile: File.optional(),
  caFile: File.optional(),
} as const
const Days = z.number().int().min(1).max(36_500)
const EmbeddedHistory = z.strictObject({
  kind: z.literal('embedded').optional(),
  retentionHours: RetentionHours,
})
const InfluxHistory = z.strictObject({
  kind: z.literal('influxdb'),
  ...database,
  database: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'letters, digits, `_`, `-`, at most 64')
    .default('minewarden'),
  keepDays: z
    .strictObject({
      raw: Days.default(DEFAULT_RETENTION_DAYS.raw),
      tenMinutes: Days.default(DEFAULT_RETENTION_DAYS.tenMinutes),
      facts: Days.default(DEFAULT_RETENTION_DAYS.facts),
    })
    .prefault({}),
})
/** It cannot answer the product's own pages, which keep to the embedded history beside it. */
const VictoriaHistory = z.strictObject({
  kind: z.literal('victoriametrics'),
  ...database,
  retentionHours: RetentionHours,
})

/** What stands in the configuration file. Secrets stand in files of their own, named here. */
export const ConfigSchema = z.strictObject({
  /** Journal, history, findings and records live here. Relative paths are of the configuration file's folder. */
  dataDir: File,
  hostId: HostId,
  http: z
    .strictObject({
      host: Host.default('127.0.0.1'),
      port: Port.default(8080),
      publicReading: z.boolean().default(false),
      trustProxy: z.boolean().default(false),
      /** How browsers name these pages, such as `https://minewarden.example.gov.cn`: passkeys are bound to it. */
      publicOrigin: Origin.optional(),
    })
    .prefault({}),
  /** Where power companies reach us over HTTPS: keys and answers, no pages. Without it they use `http`, behind a proxy. */
  suppliersHttps: z
    .strictObject({ host: Host.default('127.0.0.1'), port: Port, keyFile: File, certFile: File })
    .optional(),
  mqtt: z.union([External, Embedded]).prefault({ embedded: {} }),
  sites: z.array(Site).max(LIMITS.sites),
  gateways: z.array(Gateway).max(LIMITS.gateways),
  /** Licensed quarries of the sites' counties, and when they may blast. */
  quarries: z.array(LicensedQuarry).max(LIMITS.quarries).default([]),
  /** Offices that people belong to; when given, every user's department is one of them. */
  departments: z.array(Department).max(LIMITS.users).default([]),
  users: z.array(ConfiguredUser).max(LIMITS.users).default([]),
  signInTokens: z.array(Token).max(LIMITS.users).default([]),
  suppliers: z.array(Supplier).max(LIMITS.suppliers).default([]),
  orders: Orders,
  history: z.discriminatedUnion('kind', [EmbeddedHistory, InfluxHistory, VictoriaHistory]).prefault({}),
  journal: z
    .strictObject({
      retentionHours: z
        .number()
        .min(1)
        .max(24 * 30)
        .default(24),
    })
    .prefault({}),
  /** A copy of the audit log's signed checkpoints: best on another disk or machine than `dataDir`. */
  audit: z.strictObject({ checkpointFile: File.optional() }).prefault({}),
  /** Pictures of camera probes that were asked for: personal data. */
  pictures: z.strictObject({ retentionDays: z.number().min(1).max(365).default(30) }).prefault({}),
  detection: z
    .strictObject({
      utcOffsetHours: z.number().min(-12).max(14).default(8),
      /** Statutory holidays, as announced each year; local dates. */
      holidays: z.array(z.iso.date()).max(400).default([]),
      /** Times in which covert work is to be feared more. */
      keyPeriods: z
        .array(z.strictObject({ name: z.string().min(1), from: IsoTime, to: IsoTime }))
        .max(64)
        .default([]),
    })
    .prefault({}),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
})
export type CloudConfig = z.infer<typeof ConfigSchema>

/** Reads a configuration, with every default filled in. @throws CloudError `config-invalid`, naming every problem */
export function parseConfig(raw: unknown): CloudConfig {
  const result = ConfigSchema.safeParse(raw)
  if (!result.success)
    throw invalid(result.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })))
  const problems = contradictions(result.data)
  if (problems.length > 0) throw invalid(problems)
  return deepFreeze(result.data)
}

const invalid = (problems: readonly Problem[]) => new CloudError('config-invalid', describeProblems(problems))

/** What the parts say of each other. */
function contradictions(config: CloudConfig): Problem[] {
  const sites = new Set<string>(config.sites.map(({ id }) => id))
  const gateways = new Map<string, string>(config.gateways.map(({ id, site }) => [id, site]))
  const users = new Set<string>(config.users.map(({ id }) => id))
  return [
    ...twice('sites', config.sites),
    ...twice('gateways', config.gateways),
    ...twice('users', config.users),
    ...twice('suppliers', config.suppliers),
    ...config.gateways.flatMap(({ id, site }, i) =>
      sites.has(site)
        ? []
        : [{ path: `gateways.${i}.site`, message: `${id} stands at site ${site}, which is not listed` }],
    ),
    ...config.sites.flatMap((site, i) =>
      site.sensors.flatMap(({ gateway, id }, j) =>
        gateways.get(gateway) === site.id
          ? []
          : [
              {
                path: `sites.${i}.sensors.${j}.gateway`,
                message: `${id} hangs on ${gateway}, no gateway of this site`,
              },
            ],
      ),
    ),
    ...supplyContradictions(config),
    ...peopleContradictions(config),
    ...config.signInTokens.flatMap(({ user }, i) =>
      users.has(user) ? [] : [{ path: `signInTokens.${i}.user`, message: `no user ${user}` }],
    ),
  ]
}

/** One department spelt in two ways would be two: their people could then approve together. */
function peopleContradictions({ departments, users }: CloudConfig): Problem[] {
  const names = departments.map(({ name }) => foldName(name))
  return [
    ...departments.flatMap(({ name }, i) =>
      names.indexOf(foldName(name)) === i
        ? []
        : [{ path: `departments.${i}.name`, message: `${name} is listed twice` }],
    ),
    ...users.flatMap(({ department }, i) =>
      departments.length === 0 || names.includes(foldName(department))
        ? []
        : [{ path: `users.${i}.department`, message: `no department ${department}` }],
    ),
  ]
}

/** A supply point that nobody can be told to cut, or whose meter is no sensor of its site, would never get an order. */
function supplyContradictions(config: CloudConfig): Problem[] {
  const suppliers = new Set<string>(config.suppliers.map(({ id }) => id))
  return config.sites.flatMap(({ sensors, supplyPoints }, i) =>
    supplyPoints.flatMap(({ supplier, meter }, j) => {
      const path = `sites.${i}.supplyPoints.${j}`
      const isMeter = ({ gateway, id, kind }: (typeof sensors)[number]) =>
        gateway === meter?.gateway && id === meter.sensor && kind === 'power-meter'
      return [
        ...(suppliers.has(supplier) ? [] : [{ path: `${path}.supplier`, message: `no supplier ${supplier}` }]),
        ...(meter && !sensors.some(isMeter)
          ? [{ path: `${path}.meter`, message: `${meter.gateway} ${meter.sensor} is no power meter of this site` }]
          : []),
      ]
    }),
  )
}

const twice = (path: string, items: readonly { readonly id: string }[]): Problem[] => {
  const first = new Map<string, number>()
  for (const [i, { id }] of items.entries()) if (!first.has(id)) first.set(id, i)
  return items.flatMap(({ id }, i) =>
    first.get(id) === i ? [] : [{ path: `${path}.${i}.id`, message: `${id} is listed twice` }],
  )
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) deepFreeze(each)
  return Object.freeze(value)
}
