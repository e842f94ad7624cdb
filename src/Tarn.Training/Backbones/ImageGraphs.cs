namespace Tarn.Training;

/// <summary>What becomes of a picture before the network, as nodes of a graph: the only place where pixels are prepared, in training and in serving.</summary>
internal static class ImageGraphs
{
    /// <summary>
    /// From <c>uint8 [height, width, 3]</c> of any size to <c>float32 [1, 3, h, w]</c> of 0 to 255, red first. Resize with mode linear and antialias filters by a triangle as wide as the
    /// reduction, both sides separately, pixels placed by their halves; exclude_outside lets only pixels of the picture count at its edges, as PIL and torchvision do
    /// (https://onnx.ai/onnx/operators/onnx__Resize.html).
    /// </summary>
    public static string Resize(OnnxComposer graph, string image, BackboneEntry entry)
    {
        var planes = graph.Node("Transpose", graph.Node("Cast", image, OnnxAttributes.Int("to", (int)TensorProto.Types.DataType.Float)), OnnxAttributes.Ints("perm", 2, 0, 1));
        var one = graph.Node("Unsqueeze", [planes, graph.Longs(0)]);
        if (entry.Resize == ResizePolicy.Stretch)
        {
            return Scaled(graph, one, graph.Longs(1, 3, entry.Height, entry.Width));
        }

        // Sizes in whole numbers, the longer side rounded down as torchvision does: size × short ÷ the smaller size.
        var size = graph.Node("Slice", [graph.Node("Shape", image), graph.Longs(0), graph.Longs(2)]);
        var least = graph.Node("ReduceMin", [size, graph.Longs(0)], OnnxAttributes.Int("keepdims", 1));
        var scaled = graph.Node("Div", [graph.Node("Mul", [size, graph.Longs(entry.EffectiveShortSide)]), least]);
        var resized = Scaled(graph, one, graph.Node("Concat", [graph.Longs(1, 3), scaled], OnnxAttributes.Int("axis", 0)));
        var wanted = graph.Longs(entry.Height, entry.Width);
        var start = graph.Node("Div", [graph.Node("Sub", [scaled, wanted]), graph.Longs(2)]);
        return graph.Node("Slice", [resized, start, graph.Node("Add", [start, wanted]), graph.Longs(2, 3)]);
    }

    /// <summary>From <c>float32 [N, 3, h, w]</c> of 0 to 255, red first, to what the network takes.</summary>
    public static string Normalise(OnnxComposer graph, string pixels, BackboneEntry entry, int elementType)
    {
        var value = entry.Channels == ChannelOrder.Bgr ? graph.Node("Gather", [pixels, graph.Longs(2, 1, 0)], OnnxAttributes.Int("axis", 1)) : pixels;

        // (x × scale − mean) ÷ std in one product and one sum, its numbers worked out in double precision.
        var factors = entry.Std.Select(s => (float)(entry.Scale / s)).ToArray();
        var offsets = entry.Mean.Select((m, c) => (float)(-m / entry.Std[c])).ToArray();
        if (factors.Any(static f => f != 1))
        {
            value = graph.Node("Mul", [value, graph.Floats(factors, 1, 3, 1, 1)]);
        }

        if (offsets.Any(static o => o != 0))
        {
            value = graph.Node("Add", [value, graph.Floats(offsets, 1, 3, 1, 1)]);
        }

        if (entry.Layout == ImageLayout.Nhwc)
        {
            value = graph.Node("Transpose", value, OnnxAttributes.Ints("perm", 0, 2, 3, 1));
        }

        if (elementType == (int)TensorProto.Types.DataType.Float)
        {
            return value;
        }

        var whole = elementType is (int)TensorProto.Types.DataType.Float16 or (int)TensorProto.Types.DataType.Double
            ? value
            : graph.Node("Clip", [graph.Node("Round", value), graph.Float(0), graph.Float(255)]);
        return graph.Node("Cast", whole, OnnxAttributes.Int("to", elementType));
    }

    private static string Scaled(OnnxComposer graph, string planes, string sizes) => graph.Node(
        "Resize",
        [planes, "", "", sizes],
        OnnxAttributes.Int("antialias", 1),
        OnnxAttributes.Text("coordinate_transformation_mode", "half_pixel"),
        OnnxAttributes.Int("exclude_outside", 1),
        OnnxAttributes.Text("mode", "linear"));
}
