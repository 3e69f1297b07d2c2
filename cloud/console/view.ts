/** What the console uses of its view library; every other file takes it from here. */
export type { ComponentChildren, JSX } from 'preact'
export { createContext, render } from 'preact'
export { useCallback, useContext, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
