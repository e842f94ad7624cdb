namespace Tarn.Training;

/// <summary>Colour: CIE Lab and its histograms.</summary>
internal static class ClassicalColour
{
    private const int Side = ClassicalFeatures.Side / 2;
    private const int Hues = 9;
    private const int Lights = 4;

    /// <summary>From RGB of 0 to 1 to L (0 to 100), a and b (about −100 to 100), for daylight D65. sRGB's curve is taken as the power 2.2, and the cube root to the bottom.</summary>
    public static string Lab(OnnxComposer graph, string rgb)
    {
        var linear = graph.Node("Pow", [graph.Node("Add", [rgb, graph.Float(1e-4f)]), graph.Float(2.2f)]);

        // IEC 61966-2-1's matrix, each row divided by the white point's X, Y, Z.
        var xyz = graph.Node("Conv", [linear, graph.Floats([0.43395f, 0.37622f, 0.18983f, 0.21267f, 0.71516f, 0.07217f, 0.01776f, 0.10947f, 0.87277f], 3, 3, 1, 1)]);
        var roots = graph.Node("Pow", [xyz, graph.Float(1 / 3f)]);
        return graph.Node("Conv", [roots, graph.Floats([0, 116, 0, 500, -500, 0, 0, 200, -200], 3, 3, 1, 1), graph.Floats([-16, 0, 0], 3)]);
    }

    public static IEnumerable<string> Histograms(OnnxComposer graph, string lab)
    {
        var light = ClassicalParts.SoftBins(graph, ClassicalParts.Channel(graph, lab, 0), Lights, 0, 100);
        var a = ClassicalParts.SoftBins(graph, ClassicalParts.Channel(graph, lab, 1), Hues, -40, 60);
        var b = ClassicalParts.SoftBins(graph, ClassicalParts.Channel(graph, lab, 2), Hues, -40, 70);
        var hues = Joint(graph, a, Hues, b, Hues);
        yield return Histogram(graph, ClassicalParts.Quarters(graph, hues, Side));
        yield return Histogram(graph, ClassicalParts.Mean(graph, Joint(graph, light, Lights, hues, Hues * Hues)));
        yield return Histogram(graph, ClassicalParts.Quarters(graph, light, Side));
    }

    /// <summary>How much each place belongs to each pair of bins: [N, first × second, h, w].</summary>
    private static string Joint(OnnxComposer graph, string first, int firstBins, string second, int secondBins)
    {
        var pairs = graph.Node("Mul", [graph.Node("Unsqueeze", [first, graph.Longs(2)]), graph.Node("Unsqueeze", [second, graph.Longs(1)])]);
        return graph.Node("Reshape", [pairs, graph.Longs(0, firstBins * secondBins, Side, Side)]);
    }

    private static string Histogram(OnnxComposer graph, string means) => ClassicalParts.Flat(graph, graph.Node("Sqrt", means));
}
