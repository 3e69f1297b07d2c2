import { classify, type EventContext, isAirWave, likeliest } from '@minewarden/cloud/core/detection/event-class.ts'
import type { FieldsOf } from '@minewarden/protocol/reading.ts'
import { describe, expect, it } from 'vitest'
import { event, NIGHT } from '../../../support/detection.ts'

const ALONE: EventContext = {
  neighbours: 0,
  recent: 0,
  alike: 0,
  afterDb: -30,
  followedDb: 0,
  trainS: null,
  bout: null,
  air: null,
}
const judged = (changes: Partial<FieldsOf<'event'>>, context: Partial<EventContext> = {}) => {
  const scores = classify(event(NIGHT, changes).fields, { ...ALONE, ...context })
  return { class: likeliest(scores), scores }
}

const ROUND = {
  durationS: 9,
  energySpanS: 6.5,
  impulses: 6,
  impulseIntervalS: 1.1,
  impulseIntervalSpread: 0.5,
  riseS: 2,
}
const STEPS = {
  durationS: 15,
  firstRatio: 0.3,
  riseS: 7,
  energySpanS: 9,
  impulses: 24,
  impulseIntervalS: 0.56,
  impulseIntervalSpread: 0.06,
  impulseEvenness: 0.55,
  decayS: 0.08,
  highShare: 0.75,
}
const QUAKE = {
  durationS: 14,
  snrDb: 29,
  lowShare: 0.95,
  highShare: 0.01,
  snrTo18HzDb: 15,
  snrTo30HzDb: 8,
  snrTo45HzDb: 6,
  firstRatio: 0.15,
  riseS: 2.5,
  energySpanS: 6,
  impulseEvenness: 0.4,
  impulses: 7,
}
const VEHICLE = {
  durationS: 10,
  snrDb: 24,
  firstRatio: 0.15,
  riseS: 4.5,
  energySpanS: 5,
  impulses: 8,
  impulseEvenness: 0.5,
  kurtosis: 7,
}

describe('what a transient was', () => {
  it('a burst, and a round of even shots, is a blast', () => {
    expect(judged({}).class).toBe('blast')
    expect(judged(ROUND).class).toBe('blast')
    expect(judged(ROUND).scores.blast).toBeGreaterThan(0.9)
  })

  it('even steps that come nearer are a walker', () => expect(judged(STEPS).class).toBe('footstep'))
  it('a round at even half-second delays is none', () =>
    expect(
      judged({ ...ROUND, impulses: 8, impulseIntervalS: 0.5, impulseIntervalSpread: 0.1, energySpanS: 3.5 }).class,
    ).toBe('blast'))
  it('low frequency with a long coda is an earthquake', () => expect(judged(QUAKE).class).toBe('earthquake'))
  it('a train of waves that rises faster than it dies, with no rhythm, comes from far away', () => {
    const far = {
      durationS: 12,
      snrDb: 26,
      lowShare: 0.4,
      highShare: 0.25,
      firstRatio: 0.45,
      riseS: 1.5,
      attackS: 0.3,
      energySpanS: 5,
      energyHalfS: 1.4,
      decayS: 0.8,
      impulses: 5,
      impulseEvenness: 0.4,
      kurtosis: 8,
    }
    expect(judged(far).class).toBe('earthquake')
    // A vehicle fades as it swelled, and who walks or works goes on.
    expect(judged({ ...far, energyHalfS: 2.6, firstRatio: 0.2 }).class).toBe('vehicle')
    expect(judged(far, { bout: 'machinery' }).class).not.toBe('earthquake')
    expect(judged(far, { neighbours: 3 }).class).not.toBe('earthquake')
  })
  it('a slow swell is a vehicle', () => expect(judged(VEHICLE).class).toBe('vehicle'))

  it('what breaks no rock is no blast: a spark, a knock, a step of the electronics', () => {
    expect(
      judged({ lowShare: 0, highShare: 0.98, snrTo4HzDb: 3, snrTo9HzDb: 4, snrTo18HzDb: 12, snrDb: 26 }).class,
    ).not.toBe('blast')
    expect(judged({ energySpanS: 0.06, decayS: 0.12, snrDb: 25 }).class).not.toBe('blast')
    expect(judged({ energySpanS: 0.1, decayS: 0.35, kurtosis: 130 }).class).not.toBe('blast')
  })

  it('the coda of something much stronger is no blast', () => {
    expect(judged({}, { afterDb: 12 }).scores.blast).toBeLessThan(judged({}).scores.blast / 1.5)
  })

  it('one of many alike is no blast', () => {
    expect(judged({ snrDb: 20, snrTo18HzDb: 16 }, { neighbours: 3, recent: 10 }).class).not.toBe('blast')
  })

  it('in a storm a clap that rings like a shot is none, with no microphone to tell; three others are no storm yet', () => {
    const alone = judged({ snrDb: 22 })
    expect(alone.class).toBe('blast')
    expect(judged({ snrDb: 22 }, { storm: 3 }).scores.blast).toBeCloseTo(alone.scores.blast, 6)
    expect(judged({ snrDb: 22 }, { storm: 7 }).class).not.toBe('blast')
  })

  it('thunder in the air is thunder on the ground', () => {
    const air = { delayS: -0.2, spanS: 3, decayS: 1.5, firstRatio: 0.9, peakPa: 4 }
    expect(judged({ energySpanS: 3.5, riseS: 1.6, impulses: 10 }, { air }).class).toBe('other')
  })

  it('thunder is told by how long it rolls, never by how long the microphone stayed above its noise', () => {
    const pushes = { delayS: 0.3, spanS: 6, decayS: 0.3, firstRatio: 1, peakPa: 3 }
    expect(judged(ROUND, { air: pushes }).class).toBe('blast')
    expect(judged(ROUND, { air: pushes }).scores.blast).toBeGreaterThan(judged(ROUND).scores.blast)
    expect(judged(ROUND, { air: { ...pushes, decayS: 1.5 } }).scores.blast).toBeLessThan(judged(ROUND).scores.blast / 2)
    expect(judged(ROUND, { air: { ...pushes, firstRatio: 0.2 } }).scores.blast).toBeLessThan(
      judged(ROUND).scores.blast / 2,
    )
  })

  it.each([
    ['sharp and behind the ground', { delayS: 0.32 }, true],
    ['before the ground', { delayS: -0.4 }, false],
    ['with the ground', { delayS: 0 }, false],
    ['from kilometres away', { delayS: 4.5 }, false],
    ['that swells', { delayS: 0.32, firstRatio: 0.3 }, false],
  ])('an air wave %s speaks for a blast near by: %#', (_, changes, speaks) => {
    const air = { spanS: 0.5, decayS: 0.3, firstRatio: 1, peakPa: 2, ...changes }
    const weak = { snrDb: 20, spanS: 0.5 }
    expect(isAirWave(air)).toBe(speaks)
    expect(judged(weak, { air }).scores.blast > judged(weak).scores.blast).toBe(speaks)
  })

  it('the forerunner of something much stronger is no blast', () => {
    expect(judged({}, { followedDb: 12 }).scores.blast).toBeLessThan(judged({}).scores.blast / 1.5)
  })

  it('half a period is no wave of the ground, however long the record around it', () => {
    const spike = { snrDb: 37, energySpanS: 0.28, decayS: 0.36, impulses: 1, centroidHz: 9 }
    for (const durationS of [3.5, 5.4, 12]) {
      const { scores } = judged({ ...spike, durationS, kurtosis: durationS / 0.041 })
      expect(scores.blast).toBeLessThan(0.5)
    }
  })

  it('a walker is heard coming: steps that begin far above the background are shots', () => {
    const shots = {
      ...STEPS,
      energySpanS: 5,
      durationS: 8,
      impulses: 8,
      firstRatio: 0.55,
      snrDb: 45,
      impulseEvenness: 0.62,
    }
    expect(judged(shots).class).toBe('blast')
    expect(judged({ ...shots, snrDb: 22 }).class).not.toBe('blast')
  })

  it('an air wave a second behind the ground takes nothing from a blast', () => {
    const air = { delayS: 0.9, spanS: 0.9, decayS: 0.4, firstRatio: 1, peakPa: 2 }
    expect(judged({}, { air }).class).toBe('blast')
  })

  it('probabilities add up to one, even when nothing is known', () => {
    const nothing = Object.fromEntries(Object.keys(event(NIGHT).fields).map((f) => [f, null])) as FieldsOf<'event'>
    const scores = classify(nothing, ALONE)
    expect(Object.values(scores).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12)
    expect(likeliest(scores)).not.toBe('blast')
  })
})

describe('waves that distance has drawn out', () => {
  const strong = { snrDb: 45, energySpanS: 1.3, durationS: 6, impulses: 1, decayS: 0.9 }

  it('die slowly; a shot near by does not', () => {
    const near = judged({ ...strong, codaDbPerS: -20 })
    const far = judged({ ...strong, codaDbPerS: -5 })
    expect(near.class).toBe('blast')
    const odds = (p: number) => p / (1 - p)
    expect(odds(far.scores.blast)).toBeLessThan(odds(near.scores.blast) / 8)
    expect(far.scores.earthquake).toBeGreaterThan(near.scores.earthquake)
  })

  it('the shots of a round hold its level up by themselves', () => {
    const round = { ...ROUND, snrDb: 45 }
    expect(judged({ ...round, codaDbPerS: -5 }).scores.blast).toBeCloseTo(judged(round).scores.blast, 2)
  })

  it('P that runs into a stronger S is of one earthquake', () => {
    const train = { ...QUAKE, lowShare: 0.3, highShare: 0.2, snrDb: 22 }
    expect(judged(train, { trainS: 6 }).scores.earthquake).toBeGreaterThan(judged(train).scores.earthquake)
  })

  it('what came back three times in ten minutes is noise of the place', () => {
    const weak = { ...QUAKE, snrDb: 17 }
    expect(judged(weak).class).toBe('earthquake')
    expect(judged(weak, { alike: 3 }).scores.earthquake).toBeLessThan(judged(weak).scores.earthquake / 2)
  })

  it('a machine that began with an event explains it less than one that ran before', () => {
    const shaken = { ...QUAKE, lowShare: 0.3, highShare: 0.2 }
    const ran = judged(shaken, { bout: 'machinery' })
    const began = judged(shaken, { bout: 'machinery', boutBegan: true })
    expect(began.scores.machinery).toBeLessThan(ran.scores.machinery)
    expect(began.scores.earthquake).toBeGreaterThan(ran.scores.earthquake)
  })
})

describe('what is sharp and high without being shots', () => {
  const high = { highShare: 0.78, lowShare: 0.06, centroidHz: 42 }
  const clap = {
    ...high,
    snrDb: 25,
    durationS: 4,
    kurtosis: 6,
    energySpanS: 1.7,
    energyHalfS: 0.6,
    decayS: 2.1,
    impulses: 1,
    firstRatio: 1,
    codaDbPerS: -5,
  }

  it('a clap that rolls on for dozens of periods is thunder, with no microphone and no storm to tell', () => {
    expect(judged(clap).scores.blast).toBeLessThan(0.5)
    // Rock near by rings for a few periods: the same strength, over within half a second.
    const shot = { ...clap, durationS: 2.5, kurtosis: 20, energySpanS: 0.4, decayS: 0.4, codaDbPerS: -28 }
    expect(judged(shot).scores.blast).toBeGreaterThan(0.8)
  })

  it('a long tail that is low is the ground, and speaks against no shot', () => {
    const low = { highShare: 0.3, lowShare: 0.3, centroidHz: 14 }
    expect(judged({ ...clap, ...low }).scores.blast).toBeGreaterThan(judged(clap).scores.blast)
  })

  it('hooves come at any intervals, shots of a round at theirs', () => {
    const herd = {
      ...high,
      snrDb: 38,
      durationS: 8,
      kurtosis: 21,
      energySpanS: 5,
      energyHalfS: 2.7,
      decayS: 0.3,
      impulses: 15,
      impulseIntervalS: 0.35,
      impulseIntervalSpread: 0.36,
      impulseEvenness: 0.7,
      firstRatio: 0.6,
    }
    expect(judged(herd).class).not.toBe('blast')
    const round = { ...herd, impulseIntervalSpread: 0.1, impulses: 10, highShare: 0.6, lowShare: 0.15 }
    expect(judged(round).class).toBe('blast')
  })

  it('a weak round of nothing but high frequencies is feet or tools: near as it must be, a shot would be strong', () => {
    const weak = { ...ROUND, ...high, durationS: 6.6, kurtosis: 15, impulses: 4, impulseIntervalSpread: 0.07 }
    expect(judged({ ...weak, snrDb: 17, decayS: 0.1 }).class).not.toBe('blast')
    expect(judged({ ...weak, snrDb: 32, decayS: 0.1 }).class).toBe('blast')
  })
})

describe('a shot where machines run', () => {
  it('stands so far above them that it is none of their doing', () => {
    const shot = { durationS: 3.5, kurtosis: 40, energySpanS: 0.3, decayS: 0.3, snrDb: 55, codaDbPerS: -25 }
    expect(judged(shot, { bout: 'machinery' }).scores.blast).toBeGreaterThan(0.8)
    expect(judged({ ...shot, snrDb: 25 }, { bout: 'machinery' }).scores.blast).toBeLessThan(0.8)
  })

  it('of a few grams is one short push and a low ring after it; a spike has no ring of its own', () => {
    const push = {
      durationS: 3.7,
      kurtosis: 80,
      energySpanS: 0.12,
      decayS: 0.16,
      impulses: 1,
      firstRatio: 1,
      snrDb: 50,
      centroidHz: 12,
      lowShare: 0.12,
      highShare: 0.7,
      codaDbPerS: -25,
    }
    expect(judged(push).class).toBe('blast')
    expect(judged({ ...push, kurtosis: 600 }).class).not.toBe('blast')
    expect(judged({ ...push, lowShare: 0.01 }).class).not.toBe('blast')
    expect(judged({ ...push, codaDbPerS: null }).class).not.toBe('blast')
  })
})
