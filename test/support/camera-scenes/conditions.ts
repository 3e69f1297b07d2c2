/** What a rendered camera stands in and what is done to it; everything that is not said is as on a calm day. */
export interface Conditions {
  /** Local time, 0 to 24. */
  readonly hour: number
  /** 0 clear sky with sharp shadows, 1 overcast. */
  readonly cloud: number
  /** Extinction per metre: 0.002 clear, 0.05 fog, 0.2 nothing to be seen beyond ten metres. */
  readonly fog: number
  /** Share of the full strength, 0 to 1. */
  readonly rain: number
  readonly snowfall: number
  readonly snowCover: number
  readonly wind: number
  /** Insects near the lens at this moment. */
  readonly insects: number
  readonly web: boolean
  readonly drops: number
  /** Headlights: where across the picture they are, `null` none. */
  readonly headlights: number | null
  /** A truck's middle across the picture, `null` none. */
  readonly truck: number | null
  readonly people: number
  /** The camera's own infrared lamp. */
  readonly lamp: boolean
  readonly turnDegrees: number
  readonly tiltDegrees: number
  readonly rollDegrees: number
  /** Radius of the blur in points of a picture 480 wide. */
  readonly defocus: number
  readonly cover: Cover | null
  /** A strong light held at the lens, 0 to 1. */
  readonly dazzle: number
}

/** Something before the lens, and which share of the picture it takes. */
export interface Cover {
  readonly kind: 'cloth' | 'hand' | 'paint' | 'wrap'
  readonly share: number
}

export const CALM: Conditions = {
  hour: 11,
  cloud: 0.4,
  fog: 0.002,
  rain: 0,
  snowfall: 0,
  snowCover: 0,
  wind: 0.2,
  insects: 0,
  web: false,
  drops: 0,
  headlights: null,
  truck: null,
  people: 0,
  lamp: true,
  turnDegrees: 0,
  tiltDegrees: 0,
  rollDegrees: 0,
  defocus: 0,
  cover: null,
  dazzle: 0,
}
