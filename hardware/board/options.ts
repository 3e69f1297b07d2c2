import { SensorId } from '@minewarden/protocol/ids.ts'
import { z } from 'zod'
import { SERIAL_PLACES } from '../line/port-finder.ts'

/** More places than a gateway has ports. */
const MOST_PORTS = 16
/** A siren of a cabinet is not made to sound for longer. */
const LONGEST_ACTIVATION_S = 3_600

/** Below the silence at which a gateway gives a cabinet up. */
const MOST_REPORT_S = 120

/** An Arduino Uno's digital pins; 0 and 1 are its serial line. */
const DigitalPin = z.number().int().min(2).max(13)
const AnalogInput = z.enum(['A0', 'A1', 'A2', 'A3', 'A4', 'A5'])
export type AnalogInput = z.infer<typeof AnalogInput>

const contactFields = {
  pin: DigitalPin,
  /** `normally-closed`: the loop is closed while all is well, so that a cut cable reads as an open door. */
  contact: z.enum(['normally-closed', 'normally-open']).default('normally-closed'),
  /** The board's own resistor to the supply; off: one stands outside. */
  pullUp: z.boolean().default(true),
  /** What the pin reads while the loop is closed. */
  closedLevel: z.enum(['low', 'high']).default('low'),
}
const requirePullUpSense = (value: { pullUp: boolean; closedLevel: 'low' | 'high' }): boolean =>
  !(value.pullUp && value.closedLevel === 'high')
const PULL_UP_PROBLEM = {
  message: 'a loop that closes to high cannot use the pull-up: open and closed would read the same',
  path: ['closedLevel'],
}

const ContactOptions = z.strictObject(contactFields).refine(requirePullUpSense, PULL_UP_PROBLEM)
export type ContactOptions = z.infer<typeof ContactOptions>

const Volts = z.number().min(-5.5).max(5.5)

const TiltSwitch = z.strictObject({
  kind: z.literal('switch'),
  ...contactFields,
  /** What is told once it tilted: the angle at which the switch opens. */
  degrees: z.number().min(1).max(180).default(20),
})

/** Three axes as voltages; defaults: an ADXL335 on 3.3 V. */
const TiltAccelerometer = z.strictObject({
  kind: z.literal('accelerometer'),
  x: AnalogInput,
  y: AnalogInput,
  z: AnalogInput,
  zeroV: z.tuple([Volts, Volts, Volts]).default([1.65, 1.65, 1.65]),
  voltsPerG: z.number().min(0.01).max(5).default(0.33),
  /** The direction of gravity as the upright cabinet's sensor sees it, in g. */
  upright: z
    .tuple([z.number().min(-2).max(2), z.number().min(-2).max(2), z.number().min(-2).max(2)])
    .refine((vector) => Math.hypot(...vector) > 0.1, 'not a direction')
    .default([0, 0, 1]),
})

const TiltInclinometer = z.strictObject({
  kind: z.literal('inclinometer'),
  input: AnalogInput,
  /** Voltage of the upright cabinet. */
  zeroV: z.number().min(0).max(5.5).default(2.5),
  voltsPerDegree: z.number().min(0.001).max(1),
  /** Beyond this, on either side, the voltage is none of the sensor's: its cable is cut. */
  rangeDeg: z.number().min(1).max(180).default(90),
})

const TiltOptions = z
  .discriminatedUnion('kind', [TiltSwitch, TiltAccelerometer, TiltInclinometer])
  .refine((value) => value.kind !== 'switch' || requirePullUpSense(value), PULL_UP_PROBLEM)
export type TiltOptions = z.infer<typeof TiltOptions>

const OutputOptions = z.strictObject({
  pin: DigitalPin,
  /** The output is on while its pin is low. StandardFirmata pulls all pins low at each start: it is on until then. */
  activeLow: z.boolean().default(false),
  /** No activation lasts longer. */
  longestS: z.number().min(1).max(LONGEST_ACTIVATION_S).default(300),
})
export type OutputOptions = z.infer<typeof OutputOptions>

/** A board with StandardFirmata on a serial port: one sensor, the cabinet. What is left out is not wired and stays `null`. */
export const BoardOptions = z
  .strictObject({
    kind: z.literal('board'),
    id: SensorId,
    /** Paths, `*` in the last part; the first on which StandardFirmata answers is it. */
    ports: z
      .array(z.string().startsWith('/', 'a path such as /dev/ttyACM0'))
      .min(1)
      .max(MOST_PORTS)
      .default([...SERIAL_PLACES]),
    baudRate: z.number().int().min(1_200).max(1_000_000).default(57_600),
    door: ContactOptions.optional(),
    tamper: ContactOptions.optional(),
    tilt: TiltOptions.optional(),
    /** `ratio`: of the divider, supply over input. */
    supply: z.strictObject({ input: AnalogInput, ratio: z.number().min(1).max(100) }).optional(),
    /** What the board's converter measures against: its own supply. */
    referenceV: z.number().min(1).max(5.5).default(5),
    siren: OutputOptions.optional(),
    strobe: OutputOptions.optional(),
    relay: OutputOptions.optional(),
    /** A contact must stand so long in a new position to be believed. */
    debounceMs: z.number().int().min(0).max(5_000).default(100),
    /** Between two readings in which nothing changed; a cabinet of which nothing comes for 150 s is told silent. */
    reportS: z.number().min(1).max(MOST_REPORT_S).default(60),
  })
  .superRefine((board, context) => {
    const seen = new Map<number | string, string>()
    for (const [path, pin] of pinsOf(board)) {
      const other = seen.get(pin)
      if (other) context.addIssue({ code: 'custom', message: `${pin} is that of ${other} too`, path: path.split('.') })
      seen.set(pin, path)
    }
    if (seen.size === 0) context.addIssue({ code: 'custom', message: 'nothing is wired', path: [] })
  })
export type BoardOptions = z.infer<typeof BoardOptions>

type Wired = Pick<BoardOptions, 'door' | 'tamper' | 'tilt' | 'supply' | 'siren' | 'strobe' | 'relay'>

/** Each pin that is wired, with where the configuration says so. */
function pinsOf(board: Wired): [string, number | AnalogInput][] {
  const pins: [string, number | AnalogInput][] = []
  for (const key of ['door', 'tamper', 'siren', 'strobe', 'relay'] as const) {
    const wired = board[key]
    if (wired) pins.push([`${key}.pin`, wired.pin])
  }
  if (board.supply) pins.push(['supply.input', board.supply.input])
  const { tilt } = board
  if (tilt?.kind === 'switch') pins.push(['tilt.pin', tilt.pin])
  if (tilt?.kind === 'inclinometer') pins.push(['tilt.input', tilt.input])
  if (tilt?.kind === 'accelerometer')
    for (const axis of ['x', 'y', 'z'] as const) pins.push([`tilt.${axis}`, tilt[axis]])
  return pins
}
