import { SensorId } from '@minewarden/protocol/ids.ts'
import { z } from 'zod'
import { completeProfile } from './known-profiles.ts'
import { ProfileOptions } from './profile.ts'

/** More places than a gateway has ports. */
const MOST_PORTS = 16
/** One RS-485 segment carries 32 devices without a repeater; a second's round is over by then anyway. */
const MOST_METERS = 32

const Rtu = z.strictObject({
  kind: z.literal('rtu'),
  /** Paths; the first that opens. `*` only where the port is the only one that fits. */
  ports: z.array(z.string().startsWith('/', 'a path such as /dev/ttyUSB0')).min(1).max(MOST_PORTS),
  baudRate: z.number().int().min(300).max(1_000_000).default(9_600),
  parity: z.enum(['none', 'even', 'odd']).default('none'),
  stopBits: z.union([z.literal(1), z.literal(2)]).default(1),
})

const Tcp = z.strictObject({
  kind: z.literal('tcp'),
  host: z.string().min(1).max(253),
  port: z.number().int().min(1).max(65_535).default(502),
})

const Ratio = z.number().positive().max(100_000).default(1)

/** What is wrong with the registers of a profile, field by field; of a union zod itself says nothing. */
function profileProblem({ input, errors }: { readonly input?: unknown; readonly errors?: unknown }): string {
  if (typeof input !== 'object' || input === null) return 'the name of a profile, or its registers'
  const [, problems = []] = errors as readonly (readonly { path: PropertyKey[]; message: string }[])[]
  return problems.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`).join('; ')
}

const Meter = z.strictObject({
  id: SensorId,
  /** The meter's address on its line. */
  unit: z.number().int().min(1).max(247),
  /** A name that we know, or the registers themselves. */
  profile: z
    .union([z.string().min(1).max(64), ProfileOptions], { error: profileProblem })
    .transform((said, context) => {
      const profile = completeProfile(said)
      if (!('problem' in profile)) return profile
      context.addIssue({ code: 'custom', message: profile.problem })
      return z.NEVER
    }),
  /** Between two readings. */
  everyS: z.number().min(0.1).max(3_600).default(1),
  /** Of the current transformers, 40 for 200/5 A; 1 where the meter multiplies by itself. */
  ctRatio: Ratio,
  /** Of the voltage transformers. */
  ptRatio: Ratio,
  /** Which side of the breaker it measures, so that a cut can be verified. */
  measuresAt: z.enum(['line', 'load']).optional(),
  relayKind: z.enum(['internal', 'external', 'none']).optional(),
})
export type MeterOptions = z.infer<typeof Meter>

/** Modbus meters on one line: an RS-485 bus, or a TCP connection. Each is a sensor. */
export const ModbusOptions = z
  .strictObject({
    kind: z.literal('modbus'),
    transport: z.discriminatedUnion('kind', [Rtu, Tcp]),
    /** A meter must begin its answer within it. */
    answerMs: z.number().int().min(20).max(10_000).default(500),
    meters: z.array(Meter).min(1).max(MOST_METERS),
  })
  .superRefine(({ meters }, context) => {
    for (const key of ['id', 'unit'] as const) {
      const seen = new Set<unknown>()
      meters.forEach((meter, i) => {
        if (seen.has(meter[key]))
          context.addIssue({ code: 'custom', message: 'another meter has it too', path: ['meters', i, key] })
        seen.add(meter[key])
      })
    }
  })
export type ModbusOptions = z.infer<typeof ModbusOptions>
