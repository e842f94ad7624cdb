namespace Tarn.Training;

/// <summary>Steps that several classical features share.</summary>
internal static class ClassicalParts
{
    public static string Halve(OnnxComposer graph, string map) =>
        graph.Node("AveragePool", map, OnnxAttributes.Ints("kernel_shape", 2, 2), OnnxAttributes.Ints("strides", 2, 2));

    public static string Flat(OnnxComposer graph, string map) => graph.Node("Flatten", map, OnnxAttributes.Int("axis", 1));

    /// <summary>One channel of a map, as [N, 1, h, w].</summary>
    public static string Channel(OnnxComposer graph, string map, int channel) => graph.Node("Gather", [map, graph.Longs(channel)], OnnxAttributes.Int("axis", 1));

    /// <summary>How much each value [N, 1, h, w] belongs to each of evenly spaced bins [N, bins, h, w]: triangles that sum to 1 between the first and the last centre.</summary>
    public static string SoftBins(OnnxComposer graph, string value, int bins, float first, float last)
    {
        var step = (last - first) / (bins - 1);
        var centres = Enumerable.Range(0, bins).Select(i => first + (i * step)).ToArray();
        var within = graph.Node("Clip", [value, graph.Float(first), graph.Float(last)]);
        var far = graph.Node("Abs", graph.Node("Sub", [within, graph.Floats(centres, 1, bins, 1, 1)]));
        return graph.Node("Relu", graph.Node("Sub", [graph.Float(1), graph.Node("Mul", [far, graph.Float(1 / step)])]));
    }

    /// <summary>The means of a map's quarters, as [N, channels, 2, 2].</summary>
    public static string Quarters(OnnxComposer graph, string map, int side) =>
        graph.Node("AveragePool", map, OnnxAttributes.Ints("kernel_shape", side / 2, side / 2), OnnxAttributes.Ints("strides", side / 2, side / 2));

    /// <summary>The mean of a map, as [N, channels, 1, 1].</summary>
    public static string Mean(OnnxComposer graph, string map) => graph.Node("GlobalAveragePool", map);

    /// <summary>Constants are rounded, so that they are the same on every platform, whatever its sine and exponential give in the last bit.</summary>
    public static float Steady(double value) => (float)Math.Round(value, 6);
}
