import { LicensedQuarry } from '@minewarden/protocol/quarry.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { describe, expect, it } from 'vitest'
import {
  attributedAt,
  countyOf,
  DOUBTFUL,
  eventsAt,
  kmBetween,
  placeAt,
  shake,
  siteAt,
  stateAt,
} from '../../../../support/county.ts'
import { airEvent, DAY, event, judgeAll, NIGHT } from '../../../../support/detection.ts'

const four = [
  siteAt(1, { east: 0, north: 0 }),
  siteAt(2, { east: 24, north: 3 }),
  siteAt(3, { east: 9, north: 22 }),
  siteAt(4, { east: 27, north: 26 }),
] as const
const [one, two, three] = four
const all: readonly Site[] = four

const quarryAt = (where: { east: number; north: number }) =>
  LicensedQuarry.parse({
    name: 'Shiwan quarry',
    county: '450324',
    ...placeAt(where),
    radiusKm: 1.5,
    from: '2026-01-01T00:00:00+08:00',
    to: '2027-01-01T00:00:00+08:00',
    // 1 May 2026 is a Friday; DAY is 11:00 there.
    windows: [{ days: [5], fromHour: 10.5, toHour: 11.5 }],
  })

describe('an earthquake', () => {
  const far = { east: 70, north: -30 }

  it('is one event at all sites, from far, and raises none of them', () => {
    const told = countyOf(all).play(shake(all, far, NIGHT, { peakAt10Km: 4e-4 }))
    const names = all.map((site) => attributedAt(told, site)?.event)
    expect(new Set(names).size).toBe(1)
    for (const site of all) {
      expect(attributedAt(told, site)).toMatchObject({ source: 'earthquake', sites: 4 })
      expect(eventsAt(told, site).map((e) => e.class)).toEqual(['earthquake'])
      expect(stateAt(told, site)).toBe('sealed')
    }
  })

  it('is believed where one site by itself takes it for a blast, and that site is not left suspected', () => {
    const waves = shake(all, far, NIGHT, { peakAt10Km: 4e-4 })
    const { fields } = event(0)
    const likeABlast = {
      ...fields,
      onsetMs: waves[0]!.reading.measuredAt - 17_000,
      peakVelocityMPerS: 3e-5,
      snrDb: 34,
      highShare: 0.15,
      durationS: 8,
    }
    const mistaken = { site: one, reading: event(likeABlast.onsetMs, likeABlast) }
    expect(stateAt(judgeAll(one, [mistaken.reading]), one)).toBe('suspected')
    const told = countyOf(all).play([mistaken, ...waves.slice(1)])
    expect(eventsAt(told, one)).toHaveLength(1)
    expect(eventsAt(told, one)[0]).toMatchObject({ class: 'earthquake', attributed: { source: 'earthquake' } })
    expect(stateAt(told, one)).toBe('sealed')
  })

  it('takes back what a site said at once, before the others had felt it', () => {
    const waves = shake(all, far, NIGHT, { peakAt10Km: 4e-4 })
    const plain = { peakVelocityMPerS: 3e-5, snrDb: 37 }
    const mistaken = { site: one, reading: event(NIGHT + 3000, plain) }
    const told = countyOf(all).play([mistaken, ...waves.slice(1)])
    const words = told.filter((f) => f.kind === 'event' && f.site === one.id)
    expect(words[0]).toMatchObject({ class: 'blast' })
    expect(words.at(-1)).toMatchObject({
      class: 'earthquake',
      revised: true,
      onset: (words[0] as { onset: number }).onset,
    })
    const states = told.flatMap((f) => (f.kind === 'state' && f.site === one.id ? [f.state] : []))
    expect(states[0]).toBe('suspected')
    expect(states.at(-1)).toBe('sealed')
  })

  it('does not hide a mine that fires while it passes', () => {
    const waves = shake(all, far, NIGHT, { peakAt10Km: 1e-4 })
    const shot = {
      site: two,
      reading: event(waves[1]!.reading.measuredAt - 16_000, { peakVelocityMPerS: 8e-4, snrDb: 40 }),
    }
    const told = countyOf(all).play([waves[0]!, shot, waves[2]!, waves[3]!])
    const blast = eventsAt(told, two).find((e) => e.class === 'blast')
    expect(blast?.probability).toBeGreaterThan(0.9)
    expect(blast?.attributed?.source ?? 'near').toBe('near')
    expect(stateAt(told, two)).toBe('suspected')
    expect(stateAt(told, one)).toBe('sealed')
    expect(stateAt(told, three)).toBe('sealed')
  })

  it('that sets in late at a gateway whose clock is off by a second is the same earthquake', () => {
    const waves = shake(all, far, NIGHT, { peakAt10Km: 4e-4 })
    const { reading } = shake(all, far, NIGHT + 1000, { peakAt10Km: 4e-4 })[1]!
    const off = { site: two, reading: { ...reading, clockErrorMs: 1000 } as typeof reading }
    const told = countyOf(all).play([waves[0]!, off, waves[2]!, waves[3]!])
    expect(attributedAt(told, two)?.event).toBe(attributedAt(told, one)?.event)
    expect(attributedAt(told, two)?.sites).toBe(4)
  })
})

describe("a quarry's round", () => {
  const where = { east: 15, north: 11 }
  const round = (atMs: number) => shake(all, where, atMs, { peakAt10Km: 3e-5, changes: DOUBTFUL })

  it('at its licensed hour is told as that quarry and raises no site', () => {
    const told = countyOf(all, [quarryAt(where)]).play(round(DAY))
    for (const site of all) {
      const attributed = attributedAt(told, site)
      expect(attributed).toMatchObject({ source: 'quarry', quarry: 'Shiwan quarry', sites: 4 })
      expect(attributed?.distanceKm).toBeCloseTo(kmBetween(site, where), 0)
      expect(eventsAt(told, site)[0]?.class).toBe('blast')
      expect(stateAt(told, site)).toBe('sealed')
    }
  })

  it('outside its hours is from far all the same, but not the licence holder by name', () => {
    const told = countyOf(all, [quarryAt(where)]).play(round(DAY + 3 * 3_600_000))
    for (const site of all) {
      expect(attributedAt(told, site)?.quarry).toBeNull()
      expect(attributedAt(told, site)?.source).not.toBe('near')
      expect(['sealed', 'watch']).toContain(stateAt(told, site))
    }
  })

  it('is located, and says how well', () => {
    const told = countyOf(all).play(round(DAY))
    const place = attributedAt(told, one)?.place
    expect(place).not.toBeNull()
    const truth = placeAt(where)
    const off = 111 * Math.hypot(place!.latitude - truth.latitude, 0.9 * (place!.longitude - truth.longitude))
    expect(off).toBeLessThan(4)
    expect(place!.uncertaintyKm).toBeGreaterThan(off / 2)
    expect(place!.uncertaintyKm).toBeLessThan(25)
  })

  it('never excuses a blast near an adit, whatever the hour', () => {
    const near = shake([one], { east: 0.4, north: 0 }, DAY, {
      changes: { ...event(0).fields, peakVelocityMPerS: 9e-4, snrDb: 40 },
    })
    const alone = countyOf(all, [quarryAt(where)]).play(near)
    expect(eventsAt(alone, one)[0]).toMatchObject({ class: 'blast' })
    expect(eventsAt(alone, one)[0]?.attributed?.quarry ?? null).toBeNull()
    const withRound = countyOf(all, [quarryAt(where)]).play([...near, ...round(DAY).slice(1)])
    expect(eventsAt(withRound, one)[0]?.probability).toBeGreaterThan(0.9)
    expect(eventsAt(withRound, one)[0]?.attributed?.quarry ?? null).toBeNull()
  })
})

describe('two mines that fire within seconds', () => {
  it('are both seen, each at its own adit', () => {
    const shot = { peakVelocityMPerS: 9e-4, snrDb: 40 }
    const told = countyOf(all).play([
      { site: one, reading: event(NIGHT, shot) },
      { site: two, reading: event(NIGHT + 3000, shot) },
    ])
    for (const site of [one, two]) {
      expect(eventsAt(told, site)[0]).toMatchObject({ class: 'blast' })
      expect(stateAt(told, site)).toBe('suspected')
    }
  })
})

describe('a blast near one adit', () => {
  it('that another site feels as well is attributed to the first', () => {
    const near = { site: one, reading: event(NIGHT, { peakVelocityMPerS: 2e-3, snrDb: 45 }) }
    const waves = shake([two], { east: 0, north: 0 }, NIGHT, { peakAt10Km: 8e-6 })
    const told = countyOf(all).play([near, ...waves])
    expect(eventsAt(told, one)[0]).toMatchObject({ class: 'blast' })
    expect(stateAt(told, one)).toBe('suspected')
    expect(stateAt(told, two)).toBe('sealed')
    const elsewhere = attributedAt(told, two)
    if (elsewhere) expect(elsewhere).toMatchObject({ source: 'near', nearSite: one.id })
  })
})

describe('a near blast', () => {
  it('is not acquitted by what one other site felt by chance at the time', () => {
    const shot = event(NIGHT, { peakVelocityMPerS: 2e-5, snrDb: 34, codaDbPerS: -15 })
    const chance = shake([two], { east: 60, north: 0 }, NIGHT - 5000, { peakAt10Km: 1e-4 })
    const told = countyOf([one, two]).play([{ site: one, reading: shot }, ...chance])
    const by = judgeAll(one, [shot]).find((f) => f.kind === 'event')
    expect(eventsAt(told, one)[0]).toMatchObject({ class: 'blast', probability: by?.probability })
    expect(stateAt(told, one)).toBe('suspected')
  })
})

describe('a small county', () => {
  const row = [0, 6, 12].map((east, i) => siteAt(i + 1, { east, north: 0 }))
  const waves = shake(row.slice(1), { east: 40, north: 0 }, NIGHT - 6000, { peakAt10Km: 1e-4 })
  const shot = event(NIGHT, { peakVelocityMPerS: 2e-5, snrDb: 34, codaDbPerS: -25 })

  it('that is busy says of what sites felt at once how likely chance brought it together', () => {
    // Each site shakes by itself every two minutes, at another time than the others.
    const restless = row.flatMap((site, i) =>
      Array.from({ length: 15 }, (_, k) =>
        shake([site], { east: 6 * i + 20, north: 5 }, NIGHT - (2 * k + 1) * 60_000 - 37_000 * i),
      ).flat(),
    )
    expect(attributedAt(countyOf(row).play(waves), row[1]!)?.confidence).toBeGreaterThan(0.8)
    expect(attributedAt(countyOf(row).play([...restless, ...waves]), row[1]!)?.confidence ?? 0).toBeLessThan(0.3)
  })

  it('does not acquit a round near one adit, which is over at once, by what two others felt at the time', () => {
    const told = countyOf(row).play([{ site: row[0]!, reading: shot }, ...waves])
    expect(eventsAt(told, row[0]!).at(-1)).toMatchObject({ class: 'blast' })
    expect(eventsAt(told, row[0]!).at(-1)?.probability).toBeGreaterThan(0.9)
    expect(attributedAt(told, row[0]!)?.confidence ?? 0).toBeLessThan(0.3)
    expect(stateAt(told, row[0]!)).toBe('suspected')
    expect(stateAt(told, row[1]!)).toBe('sealed')
  })
})

describe('thunder', () => {
  const row = [0, 2, 4, 6].map((east, i) => siteAt(i + 1, { east, north: 0 }))

  it('that passes site after site at the speed of sound raises none, with a microphone or without', () => {
    const where = { east: -3, north: 1 }
    const claps = shake(row, where, NIGHT, { speed: 0.34, changes: { ...DOUBTFUL, peakVelocityMPerS: 1e-5 } })
    const heard = claps.slice(0, 3).map(({ site, reading }) => ({
      site,
      reading: airEvent((reading.fields as { onsetMs: number }).onsetMs + 100, {
        durationS: 9,
        peakPressurePa: 3,
        energySpanS: 5,
        decayS: 2.5,
        firstRatio: 0.3,
      }),
    }))
    const told = countyOf(row).play([...claps, ...heard])
    for (const site of row) expect(stateAt(told, site)).toBe('sealed')
    expect(attributedAt(told, row[3]!)?.source ?? 'thunder').toBe('thunder')
  })
})

describe('a site alone', () => {
  it('judges as it would without a network', () => {
    const waves = shake([one], { east: 40, north: 0 }, NIGHT, { peakAt10Km: 1e-4 })
    const shot = { site: one, reading: event(NIGHT + 600_000) }
    const told = countyOf([one]).play([...waves, shot])
    expect(eventsAt(told, one).map((e) => e.attributed)).toEqual([undefined, undefined])
    const without = judgeAll(one, [waves[0]!.reading, shot.reading]).filter((f) => f.kind === 'event')
    expect(eventsAt(told, one).map((e) => [e.class, e.probability])).toEqual(
      without.map((e) => [e.class, e.probability]),
    )
  })
})
