import { check, describeProblems } from '@minewarden/protocol/errors.ts'
import { SupplierId, SupplyPointId } from '@minewarden/protocol/ids.ts'
import { SUITES } from '@minewarden/protocol/jws.ts'
import { z } from 'zod'
import { UtilityError } from './errors.ts'

/** Configuration of the reference power company: one JSON file. Paths in it are relative to that file. */
const Path = z.string().min(1)
const Port = z.number().int().min(0).max(65_535)
const Url = z.url({ protocol: /^https$/ })
const Delay = z.number().int().min(0)

/** Longer delays than a day would outlive every order. */
const MAX_DELAY_MS = 86_400_000
/** Clocks further apart than this make `validUntil` meaningless. */
const MAX_SKEW_MS = 300_000

export const Config = z.strictObject({
  supplier: z.strictObject({ id: SupplierId, name: z.string().min(1) }),
  listen: z.strictObject({ host: z.string().min(1).default('127.0.0.1'), port: Port }),
  tls: z.strictObject({ certFile: Path, keyFile: Path }),
  /** The key that signs our answers: a private JWK (OKP, Ed25519). Made when the file is absent. */
  signingKeyFile: Path,
  /** What a signing key that is made is for. */
  signatures: z.enum(SUITES).default('EdDSA'),
  database: Path,
  county: z.strictObject({
    /** `issuer.id` of the orders that these keys may sign. */
    issuer: z.string().min(1).max(64),
    jwksUrl: Url,
    /** Where our signed answers are posted. */
    answersUrl: Url,
    /** Certificate authority of both addresses, PEM; the machine's own authorities when absent. */
    caFile: Path.optional(),
  }),
  feeders: z.strictObject({
    host: z.string().min(1).default('127.0.0.1'),
    port: Port,
    /** Which feeder cuts which supply point. A point that is not here is not ours. */
    points: z.array(z.strictObject({ supplyPoint: SupplyPointId, feeder: z.string().min(1).max(64) })).max(1000),
  }),
  policy: z
    .strictObject({
      acceptDelayMs: Delay.max(MAX_DELAY_MS).default(1_000),
      executeDelayMs: Delay.max(MAX_DELAY_MS).default(1_000),
      /** Orders for these supply points are refused. */
      refuse: z.array(z.strictObject({ supplyPoint: SupplyPointId, reason: z.string().min(1).max(400) })).default([]),
    })
    .prefault({}),
  /** Who stands on the operation tickets. */
  crew: z
    .strictObject({
      operator: z.string().min(1).max(100).default('值班操作员'),
      supervisor: z.string().min(1).max(100).default('值班监护人'),
    })
    .prefault({}),
  /** After a permitted close a person at the switch presses it closed; so long after. */
  closeOnSiteMs: Delay.max(MAX_DELAY_MS).default(2_000),
  /** The switch is not told to move when less than this is left: a slow command may not arrive after `validUntil`. */
  operateMarginMs: Delay.max(MAX_DELAY_MS).default(6_000),
  clockSkewMs: Delay.max(MAX_SKEW_MS).default(60_000),
  /** Who may read the status page: programs on this machine, or anyone who reaches the port. */
  statusFor: z.enum(['loopback', 'anyone']).default('loopback'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
})
export type Config = z.infer<typeof Config>
export type ConfigInput = z.input<typeof Config>

/** @throws UtilityError `config-invalid` naming every field that is wrong */
export function parseConfig(raw: unknown): Config {
  const checked = check<Config>(Config, raw)
  if (!checked.ok) throw new UtilityError('config-invalid', describeProblems(checked.problems))
  return Object.freeze(checked.value)
}
