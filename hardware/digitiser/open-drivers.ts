import { InvariantError } from '@minewarden/protocol/errors.ts'
import type { SensorId } from '@minewarden/protocol/ids.ts'
import { serialOpener } from '../line/serial-opener.ts'
import type { DriverDeps, OpenedDriver } from '../opener.ts'
import { type CalibrationOptions, resolveCalibration } from '../response/options.ts'
import { BAUD_RATE } from './delay.ts'
import { createDigitiserDrivers } from './driver.ts'
import type { ReadChannel } from './measurements.ts'
import { GAINS, type Gain } from './messages.ts'
import { type DigitiserOptions, GROUND_CODES } from './options.ts'
import type { ReceiverOptions } from './receiver.ts'
import { recogniseDigitiser } from './recognise.ts'

/** Opens the sensors of a digitiser on a serial port; nothing is opened before one is read. */
export async function openDigitiserDrivers(config: DigitiserOptions, deps: DriverDeps): Promise<OpenedDriver[]> {
  const options = receiverOptions(config)
  const isOnePort = config.ports.length === 1 && !/[*[]/.test(config.ports[0] ?? '')
  const opener = serialOpener(
    {
      places: { paths: config.ports },
      settings: { baudRate: BAUD_RATE },
      ...(isOnePort ? {} : { recognise: (line) => recogniseDigitiser(line, options.serial) }),
    },
    deps,
  )
  const { clock, random } = deps
  return createDigitiserDrivers({ clock, random, ...opener }, options).map((driver) => ({ driver, speed: 1 }))
}

/** What a configuration asks of the receiver: by channel of the ADC. */
export function receiverOptions(config: Omit<DigitiserOptions, 'kind' | 'ports'>): ReceiverOptions {
  const { geophone, airPressure } = config
  const inputs = [
    ...GROUND_CODES.map((code) => inputOf(geophone?.id, code, geophone?.channels[code])),
    inputOf(airPressure?.id, 'HDF', airPressure?.channels.HDF),
  ]
  return {
    rateHz: config.rateHz,
    serial: config.serial ?? null,
    gains: inputs.map((input) => input?.gain ?? null),
    channels: inputs.map((input) => input?.channel ?? null),
  }
}

interface Input {
  readonly gain: Gain
  readonly channel: ReadChannel
}

function inputOf(sensor: SensorId | undefined, code: string, options: CalibrationOptions | undefined): Input | null {
  if (!sensor || !options) return null
  const calibration = resolveCalibration({ ...options, adc: 'ads131m04' })
  const gain = GAINS.find((one) => one === options.gain)
  if ('problem' in calibration || gain === undefined) throw new InvariantError(`${code}: the schema let it pass`)
  return { gain, channel: { sensor, code, calibration } }
}
