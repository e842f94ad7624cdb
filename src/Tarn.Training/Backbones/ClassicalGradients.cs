namespace Tarn.Training;

/// <summary>Directions of gradients, counted in cells.</summary>
internal static class ClassicalGradients
{
    private const int Directions = 9;
    private const int Cell = 18;

    /// <summary>Histograms of unsigned directions in 7 × 7 cells of 18 pixels, each divided by the energy around it, and their mean over the picture.</summary>
    public static IEnumerable<string> Cells(OnnxComposer graph, string grey)
    {
        var slopes = graph.Node("Conv", [grey, graph.Floats([-1, 0, 1, -2, 0, 2, -1, 0, 1, -1, -2, -1, 0, 0, 0, 1, 2, 1], 2, 1, 3, 3)]);
        var steepness = graph.Node("Sqrt", graph.Node("Add", [graph.Node("ReduceSum", [graph.Node("Mul", [slopes, slopes]), graph.Longs(1)]), graph.Float(1e-6f)]));
        var weights = new float[Directions * 2];
        for (var k = 0; k < Directions; k++)
        {
            weights[2 * k] = ClassicalParts.Steady(Math.Cos(Math.PI * k / Directions));
            weights[(2 * k) + 1] = ClassicalParts.Steady(Math.Sin(Math.PI * k / Directions));
        }

        // The cosine of the angle to each direction; what is further off than the next direction counts nothing.
        var cosines = graph.Node("Div", [graph.Node("Abs", graph.Node("Conv", [slopes, graph.Floats(weights, Directions, 2, 1, 1)])), steepness]);
        var edge = ClassicalParts.Steady(Math.Cos(Math.PI / Directions));
        var shares = graph.Node("Mul", [graph.Node("Relu", graph.Node("Sub", [cosines, graph.Float(edge)])), graph.Float(1 / (1 - edge))]);
        var cells = graph.Node(
            "AveragePool", graph.Node("Mul", [shares, steepness]), OnnxAttributes.Ints("kernel_shape", Cell, Cell), OnnxAttributes.Ints("strides", Cell, Cell));
        var energy = graph.Node("ReduceSum", [graph.Node("Mul", [cells, cells]), graph.Longs(1)]);
        var around = graph.Node("AveragePool", energy, OnnxAttributes.Ints("kernel_shape", 3, 3), OnnxAttributes.Ints("pads", 1, 1, 1, 1));
        var normal = graph.Node("Div", [cells, graph.Node("Sqrt", graph.Node("Add", [around, graph.Float(1e-3f)]))]);
        yield return ClassicalParts.Flat(graph, graph.Node("Sqrt", normal));
        yield return ClassicalParts.Flat(graph, graph.Node("Sqrt", ClassicalParts.Mean(graph, cells)));
        yield return ClassicalParts.Flat(graph, ClassicalParts.Quarters(graph, graph.Node("Log", steepness), ClassicalFeatures.Side - 2));
    }
}
