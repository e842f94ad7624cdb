namespace Tarn.Training;

/// <summary>A trained head as nodes of a graph.</summary>
internal static class HeadGraph
{
    public const string Probabilities = "probabilities";
    public const string Label = "label";

    /// <summary>From an embedding [N, D] to probabilities [N, C] and the label of the greatest [N].</summary>
    public static (string Probabilities, string Label) Append(OnnxComposer graph, string embedding, TrainedHead head)
    {
        graph.Prefix = "head/";
        var value = embedding;
        if (head.InputMean is { } mean)
        {
            value = graph.Node("Sub", [value, graph.Floats(mean, 1, mean.Length)]);
        }

        if (head.InputScale is { } scale)
        {
            value = graph.Node("Div", [value, graph.Floats(scale, 1, scale.Length)]);
        }

        foreach (var layer in head.Layers)
        {
            value = graph.Node("Gemm", [value, graph.Floats(layer.Weights, layer.Inputs, layer.Outputs), graph.Floats(layer.Bias, layer.Outputs)]);
            if (layer.Activation == HeadActivation.Relu)
            {
                value = graph.Node("Relu", value);
            }
            else
            {
                value = head.Temperature == 1 ? value : graph.Node("Div", [value, graph.Float(head.Temperature)]);
                value = graph.Node("Softmax", value, OnnxAttributes.Int("axis", 1));
            }
        }

        var best = graph.Node("ArgMax", value, OnnxAttributes.Int("axis", 1), OnnxAttributes.Int("keepdims", 0));
        return (value, graph.Node("Gather", [graph.Texts(head.Classes), best], OnnxAttributes.Int("axis", 0)));
    }
}
