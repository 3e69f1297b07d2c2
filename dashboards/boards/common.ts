import type { Marks } from '../board.ts'
import { chosen, facts, inLanguage } from '../query.ts'
import { both } from '../text.ts'

/** Where the fleet manager writes each minute, nothing means that it does not run or does not reach the database. */
export const NOT_WRITTEN = both(
  '无数据：平台未运行、未连上数据库，或未选中任何对象',
  'no data: the fleet manager is not running or cannot reach the database, or nothing is chosen',
)
/** Facts: nothing is what one hopes for. */
export const NONE = both('此时段内没有', 'none in this span')

export const OF_COUNTY = [chosen('county')]
export const OF_TOWNSHIP = [chosen('county'), chosen('township')]
export const OF_SITE = [chosen('site')]
export const OF_GATEWAY = [chosen('county'), chosen('township'), chosen('gateway')]

/** Changes of sites' states, marked with their reasons. */
export const stateMarks = (where: readonly string[]): Marks => ({
  name: both('状态变化及理由', 'changes of state, with reasons'),
  query: inLanguage(
    facts(
      'stateChange',
      [
        ['state', both('title', 'title')],
        ['reasons', both('text', 'text')],
        ['site', both('tags', 'tags')],
      ],
      { where },
    ),
  ),
})
