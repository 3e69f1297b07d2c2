/** What the levels and voltages of the pins mean for the cabinet. Pure. */
import type { EnclosureState } from './enclosure.ts'
import type { AnalogInput, BoardOptions, ContactOptions } from './options.ts'
import { tiltDegrees } from './tilt.ts'
import type { OutputName } from './wiring.ts'

/** The pins as the board told of them last. */
export interface PinValues {
  isHigh(pin: number): boolean
  /** Of the reference, 0 to 1. */
  fraction(input: AnalogInput): number
  isOn(output: OutputName): boolean
}

/** What is not wired is `null`. A tilt sensor that tells nothing sensible has its cable cut: that is tampering. */
export function enclosureState(options: BoardOptions, pins: PinValues): EnclosureState {
  const { door, tamper, supply, siren, strobe, relay, referenceV } = options
  const volts = (input: AnalogInput): number => pins.fraction(input) * referenceV
  const tiltDeg = tiltOf(options, pins, volts)
  const isTiltLost = options.tilt !== undefined && tiltDeg === null
  return {
    doorOpen: door ? isAlert(door, pins) : null,
    tampered: isTiltLost || (tamper ? isAlert(tamper, pins) : hasAnalogTilt(options) ? false : null),
    tiltDeg,
    supplyVoltageV: supply ? volts(supply.input) * supply.ratio : null,
    sirenOn: siren ? pins.isOn('siren') : null,
    strobeOn: strobe ? pins.isOn('strobe') : null,
    relayOn: relay ? pins.isOn('relay') : null,
  }
}

const hasAnalogTilt = ({ tilt }: BoardOptions): boolean => tilt !== undefined && tilt.kind !== 'switch'

function tiltOf({ tilt }: BoardOptions, pins: PinValues, volts: (input: AnalogInput) => number): number | null {
  if (!tilt) return null
  if (tilt.kind !== 'switch') return tiltDegrees(tilt, volts)
  return isAlert(tilt, pins) ? tilt.degrees : 0
}

/** Whether a contact is not as it is while all is well. */
function isAlert({ pin, contact, closedLevel }: Omit<ContactOptions, 'pullUp'>, pins: PinValues): boolean {
  const isClosed = pins.isHigh(pin) === (closedLevel === 'high')
  return contact === 'normally-closed' ? !isClosed : isClosed
}
