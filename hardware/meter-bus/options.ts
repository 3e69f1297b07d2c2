import { SensorId } from '@minewarden/protocol/ids.ts'
import { z } from 'zod'
import { MeterAddress } from '../dlt645/address.ts'
import { SERIAL_PLACES } from '../line/port-finder.ts'

/** More places than a gateway has ports. */
const MOST_PORTS = 16
/** What the drivers of an RS-485 bus can feed. */
export const MOST_METERS = 32

const Ratio = z.number().positive().max(100_000).default(1)

/**
 * The breaker of a meter, for what stands outside of any message. It takes a breaker of the government's own that feeds
 * nothing that lives depend on; nothing else is a valid configuration.
 */
const BreakerOptions = z.strictObject({
  ownedBy: z.literal('government'),
  lifeSafety: z.literal(false),
  /** JSON: `password` (six digits), `operator` (eight digits), `level`. */
  credentialFile: z.string().min(1),
})

const MeterOptions = z
  .strictObject({
    id: SensorId,
    protocol: z.enum(['dlt645', 'dlt698']),
    /** `read`: whoever answers is it, for the only meter of a bus. */
    address: z.union([z.literal('read'), MeterAddress]),
    everyS: z.number().min(0.2).max(3_600).default(1),
    ctRatio: Ratio,
    ptRatio: Ratio,
    measuresAt: z.enum(['line', 'load']),
    relayKind: z.enum(['internal', 'external', 'none']),
    blocks: z.union([z.boolean(), z.literal('auto')]).default('auto'),
    breaker: BreakerOptions.optional(),
  })
  .refine(({ protocol, breaker }) => protocol === 'dlt645' || !breaker, {
    message: 'only a breaker of DL/T 645 can be operated',
    path: ['breaker'],
  })
  .refine(({ relayKind, breaker }) => relayKind !== 'none' || !breaker, {
    message: 'a meter without a relay has no breaker',
    path: ['breaker'],
  })
export type MeterOptions = z.infer<typeof MeterOptions>

/** Meters of DL/T 645-2007 and DL/T 698.45 on one RS-485 bus. */
export const MeterBusOptions = z
  .strictObject({
    kind: z.literal('meter-bus'),
    /** Paths, `*` in the last part; the first on which a configured meter answers is it. */
    ports: z
      .array(z.string().startsWith('/', 'a path such as /dev/ttyUSB0'))
      .min(1)
      .max(MOST_PORTS)
      .default([...SERIAL_PLACES]),
    baudRate: z
      .union([z.literal(1200), z.literal(2400), z.literal(4800), z.literal(9600), z.literal(19200)])
      .default(2400),
    /** Of the meters' clocks. */
    utcOffsetHours: z.number().min(-12).max(14).default(8),
    meters: z.array(MeterOptions).min(1).max(MOST_METERS),
  })
  .superRefine(({ meters }, context) => {
    const complain = (i: number, key: string, message: string) =>
      context.addIssue({ code: 'custom', message, path: ['meters', i, key] })
    for (const [i, meter] of meters.entries()) {
      if (meters.findIndex(({ id }) => id === meter.id) < i) complain(i, 'id', 'two meters have it')
      if (meter.address === 'read' && meters.length > 1)
        complain(i, 'address', 'can be read of the only meter of a bus')
      else if (meters.findIndex(({ address }) => address === meter.address) < i)
        complain(i, 'address', 'two meters have it')
    }
  })
export type MeterBusOptions = z.infer<typeof MeterBusOptions>
