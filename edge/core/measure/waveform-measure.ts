/**
 * A geophone or an air-pressure sensor: a window of features for each channel each five seconds, and its transients.
 * Transients are sought on the vertical channel; the others give their peaks and the vector's.
 */
import type { Measurement } from '@minewarden/hardware/contract.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import type { ClockShift } from '../clock/clock-shift.ts'
import { createMachineLines } from '../machine/machine-lines.ts'
import { type ChannelAnalyser, type ChannelWindow, createChannelAnalyser, WINDOW_S } from './channel-analyser.ts'
import { deviceReading, instrumentReading, noneDiscarded, timing } from './device-reading.ts'
import { createEventDescriber, type EventFeatures } from './event-features.ts'
import { airPeakFields, firstMotion, groundPeakFields, MOST_CHANNELS, peaksOf } from './event-peaks.ts'
import { createEventQuota } from './event-quota.ts'
import type { Discarded, Measure, MeasureOptions } from './measure.ts'
import { bandLevels, kurtosis, rms } from './window-features.ts'
import type { StampTiming } from './worst-timing.ts'

/** An event waits so long for the other channels to reach its end. */
const WAIT_MS = 3000

/** A transient of the vertical channel whose reading waits for the others. */
interface Pending {
  readonly onsetAt: Instant
  readonly endAt: Instant
  readonly measuredAt: Instant
  readonly timing: StampTiming
  readonly features: EventFeatures
}

export function createWaveformMeasure({ sensor, kind, channels }: MeasureOptions): Measure {
  const discarded: Discarded = noneDiscarded()
  const describe = createEventDescriber()
  const quota = createEventQuota({ sensor })
  const machines = kind === 'geophone' ? createMachineLines(sensor, 1000 * WINDOW_S) : null
  const primary = channels.find((channel) => channel.endsWith('Z')) ?? channels[0]
  const analysers = new Map<string, ChannelAnalyser>()
  let readings: Reading[] = []
  let pending: Pending[] = []

  const analyserOf = (channel: string): ChannelAnalyser | null => {
    let analyser = analysers.get(channel)
    if (!analyser) {
      if (analysers.size >= MOST_CHANNELS) return null
      const medium = kind === 'geophone' ? 'ground' : 'air'
      analyser = createChannelAnalyser(channel === (primary ?? channel) ? medium : null, eventsOf(channel), discarded)
      analysers.set(channel, analyser)
    }
    return analyser
  }

  const eventsOf = (channel: string) => ({
    window: (window: ChannelWindow) => {
      readings.push(kind === 'geophone' ? vibration(channel, window) : air(channel, window))
      if (channel === (primary ?? channel)) say(quota.reached(window.measuredAt, window.timing))
      if (machines && window.lines) {
        const told = machines.push({ ...window.lines, measuredAt: window.measuredAt })
        readings.push(...told.map((line) => ({ ...line, ...timing(window.timing) })))
      }
    },
    segment: ((segment, source, timeOf, worth) => {
      const features = describe(segment, source)
      if (!quota.admits(features.snrDb)) {
        discarded.floodedEvents++
        return
      }
      pending.push({
        onsetAt: timeOf(segment.onset * source.samplesPerFrame),
        endAt: timeOf((segment.last + 1) * source.samplesPerFrame),
        measuredAt: timeOf((segment.closedAt + 1) * source.samplesPerFrame - 1),
        timing: worth,
        features,
      })
    }) satisfies Parameters<typeof createChannelAnalyser>[1]['segment'],
  })

  const say = (reading: Reading | null) => {
    if (reading) readings.push(reading)
  }

  const vibration = (channel: string, window: ChannelWindow): Reading => {
    const level = bandLevels(window.sums)
    return {
      kind: 'vibration',
      sensor,
      channel,
      measuredAt: window.measuredAt,
      ...timing(window.timing),
      fields: {
        windowS: WINDOW_S,
        coverage: window.coverage,
        rmsMPerS: rms(window.sums),
        peakMPerS: window.sums.peak,
        rmsTo4HzMPerS: level.To4Hz,
        rmsTo9HzMPerS: level.To9Hz,
        rmsTo18HzMPerS: level.To18Hz,
        rmsTo30HzMPerS: level.To30Hz,
        rmsTo45HzMPerS: level.To45Hz,
        rmsTo100HzMPerS: level.To100Hz,
        rmsTo200HzMPerS: level.To200Hz,
        kurtosis: kurtosis(window.sums),
        ...window.tone,
        ...window.percussion,
      },
    }
  }

  const air = (channel: string, window: ChannelWindow): Reading => {
    const level = bandLevels(window.sums)
    return {
      kind: 'air',
      sensor,
      channel,
      measuredAt: window.measuredAt,
      ...timing(window.timing),
      fields: {
        windowS: WINDOW_S,
        coverage: window.coverage,
        rmsPa: rms(window.sums),
        peakPa: window.sums.peak,
        rmsTo4HzPa: level.To4Hz,
        rmsTo9HzPa: level.To9Hz,
        rmsTo18HzPa: level.To18Hz,
        rmsTo30HzPa: level.To30Hz,
        rmsTo45HzPa: level.To45Hz,
        rmsTo100HzPa: level.To100Hz,
        rmsTo200HzPa: level.To200Hz,
        kurtosis: kurtosis(window.sums),
        ...window.tone,
        ...window.percussion,
      },
    }
  }

  const eventReading = (event: Pending): Reading => {
    const { peak, background, ...features } = event.features
    const base = { sensor, channel: null, measuredAt: event.measuredAt, ...timing(event.timing) }
    const onsetMs = event.onsetAt
    const peaks = peaksOf({ fromAt: event.onsetAt, toAt: event.endAt }, analysers)
    if (kind === 'air-pressure') {
      const fields = { onsetMs, peakPressurePa: peak, backgroundPa: background, ...airPeakFields(peaks), ...features }
      return { ...base, kind: 'airEvent', fields }
    }
    return {
      ...base,
      kind: 'event',
      fields: {
        onsetMs,
        peakVelocityMPerS: peak,
        backgroundMPerS: background,
        ...groundPeakFields(peaks),
        ...firstMotion(instant(onsetMs + 1000 * features.mainS), analysers),
        ...features,
      },
    }
  }

  /** Events that all channels have reached, or waited for long enough. */
  const releaseEvents = (all: boolean) => {
    if (pending.length === 0) return
    const newest = Math.max(...[...analysers.values()].map((a) => a.reachedAt ?? 0))
    const ready = (event: Pending) =>
      all ||
      newest > event.measuredAt + WAIT_MS ||
      [...analysers.values()].every((analyser) => (analyser.reachedAt ?? 0) >= event.endAt)
    readings.push(...pending.filter(ready).map(eventReading))
    pending = pending.filter((event) => !ready(event))
  }

  const taken = (): Reading[] => {
    // An event is finished after windows that end later: in order of time, blocks of any length give the same.
    const out = readings.sort((a, b) => a.measuredAt - b.measuredAt)
    readings = []
    return out
  }

  return {
    discarded,
    push(measurement: Measurement): Reading[] {
      if (measurement.kind === 'device') return [deviceReading(sensor, measurement)]
      if (measurement.kind === 'instrument') return [instrumentReading(sensor, measurement)]
      const analyser = measurement.kind === 'waveform' ? analyserOf(measurement.channel) : null
      if (!analyser || measurement.kind !== 'waveform') {
        discarded.badBlocks++
        return []
      }
      analyser.push(measurement)
      releaseEvents(false)
      return taken()
    },
    restamp(shift: ClockShift) {
      // What waits for the other channels goes first: they have its time still.
      releaseEvents(true)
      for (const analyser of analysers.values()) analyser.restamp(shift)
      machines?.reset()
      return taken()
    },
    end() {
      for (const analyser of analysers.values()) analyser.end()
      releaseEvents(true)
      say(quota.end())
      return taken()
    },
  }
}
