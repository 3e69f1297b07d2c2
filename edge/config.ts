/** The gateway's configuration file: its schema, defaults and ceilings. */
import { portConflicts } from '@minewarden/hardware/line/port-conflicts.ts'
import { DriverConfig } from '@minewarden/hardware/registry.ts'
import { check, describeProblems } from '@minewarden/protocol/errors.ts'
import { CountyCode, GatewayId } from '@minewarden/protocol/ids.ts'
import { z } from 'zod'
import { EdgeError } from './errors.ts'

const MIB = 1_048_576
const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
const id = (what: string) =>
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, `${what}: letters, digits, '.', '_', '-'`)
const path = z.string().min(1)

const ServerUrl = z.string().refine((text) => {
  const url = URL.parse(text)
  // A password in a URL ends up in logs and process lists.
  return (
    url !== null && /^mqtts?:$/.test(url.protocol) && url.hostname !== '' && url.username === '' && url.password === ''
  )
}, 'a server is mqtt://HOST:PORT or mqtts://HOST:PORT, without user or password')

const Uplink = z.strictObject({
  /** Tried in turn, one at a time. */
  servers: z.array(ServerUrl).min(1).max(16),
  /** The gateway's id by default. */
  username: z.string().min(1).max(128).optional(),
  passwordFile: path.nullable().default(null),
  tls: z
    .strictObject({
      caFile: path.nullable().default(null),
      certFile: path.nullable().default(null),
      keyFile: path.nullable().default(null),
    })
    .refine(({ certFile, keyFile }) => (certFile === null) === (keyFile === null), 'certFile and keyFile go together')
    .default({ caFile: null, certFile: null, keyFile: null }),
  /** Silence of the network is noticed after one and a half of this. */
  keepaliveS: z.number().int().min(5).max(600).default(30),
})

const Spool = z.strictObject({
  /** `null`: what 72 h at the nominal rate of the sensors take, and a share for waveforms. */
  quotaMiB: z.number().min(1).max(65_536).nullable().default(null),
  /** How long features may gather before they are committed; 10 s is the design's ceiling. */
  featureCommitMs: z.number().int().min(100).max(10_000).default(5_000),
})

const Ring = z.strictObject({
  days: z.number().min(0.01).max(90).default(7),
  quotaMiB: z.number().min(1).max(1_048_576).default(2_048),
  /** SEED station code of its records; `null`: the last five letters and digits of the gateway's id. */
  station: z
    .string()
    .regex(/^[A-Z0-9]{1,5}$/, 'a station code is 1 to 5 capital letters or digits')
    .nullable()
    .default(null),
})

/** No drift is below a thousandth of a crystal's, none beyond a broken one's. */
const ClockOptions = z.strictObject({
  /** Who is asked for the time; `system`: the machine is believed as it is. */
  source: z.enum(['auto', 'chrony', 'timesyncd', 'none', 'system']).default('auto'),
  /** chronyd's command socket or address; `null`: where chronyc looks by itself. */
  chronyAddress: z.string().min(1).max(108).nullable().default(null),
  /** How far the disciplined crystal may wander without a reference. */
  driftPpm: z.number().min(0.01).max(500).default(20),
  /** How long rows wait for the time after a start without one, and how long alarms do. */
  holdS: z.number().min(0).max(3_600).default(300),
  holdAlarmsS: z.number().min(0).max(3_600).default(30),
})

export const GatewayConfig = z.strictObject({
  gateway: GatewayId,
  /** County code of GB/T 2260: the Sparkplug group. */
  county: CountyCode,
  /** Folder of spool, waveform ring and session state. */
  data: path,
  /** Sparkplug host application to wait for; `null`: wait for nobody. */
  primaryHost: id('primary host').nullable().default('minewarden'),
  uplink: Uplink,
  drivers: z
    .array(DriverConfig)
    .min(1)
    .max(32)
    .superRefine((drivers, context) => {
      for (const { driver, message } of portConflicts(drivers))
        context.addIssue({ code: 'custom', path: [driver, 'ports'], message })
    }),
  /** The feeder simulator that gates what recorded and simulated meters read; a real meter's word stands. */
  feeder: z
    .strictObject({ host: z.string().min(1), port: z.number().int().min(1).max(65_535), id: id('feeder') })
    .nullable()
    .default(null),
  spool: Spool.default({ quotaMiB: null, featureCommitMs: 5_000 }),
  ring: Ring.default({ days: 7, quotaMiB: 2_048, station: null }),
  waveforms: z
    .strictObject({ quotaMiBPerDay: z.number().min(0).max(10_240).default(64) })
    .default({ quotaMiBPerDay: 64 }),
  /** Of cameras, on request of a person. */
  pictures: z
    .strictObject({ quotaMiBPerDay: z.number().min(0).max(1_024).default(32) })
    .default({ quotaMiBPerDay: 32 }),
  clock: ClockOptions.default(ClockOptions.parse({})),
  log: z.enum(LOG_LEVELS).default('info'),
})
export type GatewayConfig = z.infer<typeof GatewayConfig>

/** @throws EdgeError `config-invalid`, naming every field that does not fit */
export function parseConfig(raw: unknown): GatewayConfig {
  const checked = check<GatewayConfig>(GatewayConfig as unknown as z.ZodType<GatewayConfig>, raw)
  if (!checked.ok) throw new EdgeError('config-invalid', `configuration: ${describeProblems(checked.problems)}`)
  return Object.freeze(checked.value)
}

/** Rows a second and bytes a row of each sensor kind, at the nominal rate: windows of features, a few events an hour. */
const NOMINAL_BYTES_PER_S = {
  geophone: 150,
  'air-pressure': 50,
  'power-meter': 150,
  'camera-probe': 1,
  enclosure: 3,
} as const
const OFFLINE_S = 72 * 3600
const HEALTH_BYTES_PER_S = 3

/**
 * The spool's quota in bytes: as configured, else 72 hours of these sensors with a third of reserve, and three days of
 * waveforms.
 */
export function spoolQuotaBytes(config: GatewayConfig, kinds: readonly (keyof typeof NOMINAL_BYTES_PER_S)[]): number {
  if (config.spool.quotaMiB !== null) return config.spool.quotaMiB * MIB
  const perS = kinds.reduce((sum, kind) => sum + NOMINAL_BYTES_PER_S[kind], HEALTH_BYTES_PER_S)
  return Math.ceil(perS * OFFLINE_S * 1.34 + config.waveforms.quotaMiBPerDay * MIB * 3)
}

export { MIB }
