namespace Tarn.Training;

/// <summary>
/// An embedding of classical features as an ONNX graph that is made here, with no weights to fetch: colour in CIE Lab (joint histograms, of the whole picture and of its quarters),
/// histograms of gradient directions in cells (Dalal and Triggs, 2005), energies of a Gabor bank (Manjunath and Ma, 1996) and uniform local binary patterns (Ojala et al., 2002).
/// Histograms are given by their square roots, which makes their distance Hellinger's.
/// </summary>
internal static class ClassicalFeatures
{
    public const int Side = 128;

    /// <summary>From <c>pixels</c>, float32 [N, 3, 128, 128] of 0 to 255, red first, to <c>embedding</c>.</summary>
    public static OnnxModel Build()
    {
        var graph = new OnnxComposer("classical");
        var pixels = graph.Input("pixels", TensorProto.Types.DataType.Float, "N", 3, Side, Side);
        var rgb = graph.Node("Mul", [pixels, graph.Float(1 / 255f)]);
        var lab = ClassicalColour.Lab(graph, graph.Node("AveragePool", rgb, OnnxAttributes.Ints("kernel_shape", 2, 2), OnnxAttributes.Ints("strides", 2, 2)));
        var grey = graph.Node("Conv", [graph.Node("Sqrt", rgb), graph.Floats([0.299f, 0.587f, 0.114f], 1, 3, 1, 1)]);
        string[] parts =
        [
            .. ClassicalColour.Histograms(graph, lab),
            .. ClassicalGradients.Cells(graph, grey),
            .. ClassicalTexture.GaborEnergies(graph, lab, 64),
            .. ClassicalTexture.GaborEnergies(graph, ClassicalParts.Halve(graph, lab), 32),
            .. ClassicalTexture.Patterns(graph, grey, Side),
            .. ClassicalTexture.Patterns(graph, ClassicalParts.Halve(graph, grey), Side / 2),
        ];
        var embedding = graph.Node("Concat", parts, OnnxAttributes.Int("axis", 1));
        graph.Output(BackboneNetwork.EmbeddingName, embedding, TensorProto.Types.DataType.Float, "N", "D");
        return graph.Build();
    }
}
