import { echarts } from "@tarn/console/charts";
import { geoNaturalEarth1 } from "d3-geo";
import { feature } from "topojson-client";
import coarseUrl from "world-atlas/countries-110m.json?url";
import fineUrl from "world-atlas/countries-50m.json?url";

type Topology = Parameters<typeof feature>[0];

/** Loads a map of the world (Natural Earth, from npm's world-atlas) once and gives ECharts the name to use. */
const loader = (name: string, url: string): (() => Promise<string>) => {
  let loading: Promise<string> | undefined;
  return () => {
    loading ??= fetch(url)
      .then((response) => {
        if (!response.ok) throw new Error(`The map of the world could not be loaded (${response.status}).`);
        return response.json() as Promise<Topology>;
      })
      .then((topology) => {
        const countries = topology.objects["countries"];
        if (countries === undefined) throw new Error("The map of the world holds no countries.");
        echarts.registerMap(name, feature(topology, countries) as never);
        return name;
      })
      .catch((error: unknown) => {
        loading = undefined;
        throw error;
      });
    return loading;
  };
};

/** For the whole world: 40 kB on the wire. */
export const loadCoarse = loader("world-coarse", coarseUrl);
/** For a close look: fetched when one zooms in. */
export const loadFine = loader("world-fine", fineUrl);

// The Pacific stands in the middle, since most earthquakes lie around it; the seam runs through the Atlantic, where few do.
const natural = geoNaturalEarth1().rotate([-153, 0]).scale(100).translate([0, 0]);

export const projection = {
  project: (point: number[]): number[] => natural(point as [number, number]) ?? [0, 0],
  unproject: (point: number[]): number[] => natural.invert?.(point as [number, number]) ?? [0, 0],
  stream: natural.stream,
};
