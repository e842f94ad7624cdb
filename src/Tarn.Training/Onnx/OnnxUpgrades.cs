using Tarn.Core;

namespace Tarn.Training;

/// <summary>How single operators changed, in words of the standard's change log.</summary>
internal static class OnnxUpgrades
{
    /// <summary>Before 13 the tensor was seen as a matrix, cut before the axis (default 1), and each row made a distribution; since 13 it is along the axis alone.</summary>
    public static IEnumerable<NodeProto> Softmax(NodeProto node, OnnxUpgradeContext context)
    {
        if (context.From >= 13)
        {
            return [node];
        }

        var (shape, flat, soft) = (context.Fresh("shape"), context.Fresh("flat"), context.Fresh("soft"));
        return
        [
            New("Shape", [node.Input[0]], shape),
            New("Flatten", [node.Input[0]], flat, OnnxAttributes.Int("axis", node.IntOr("axis", 1))),
            New(node.OpType, [flat], soft, OnnxAttributes.Int("axis", 1)),
            New("Reshape", [soft, shape], node.Output[0]),
        ];
    }

    /// <summary>It does nothing outside training.</summary>
    public static NodeProto Dropout(NodeProto node, OnnxUpgradeContext context)
    {
        if (node.Output.Count > 1 && context.IsRead(node.Output[1]))
        {
            throw Refused(node, "its mask is used");
        }

        return New("Identity", [node.Input[0]], node.Output[0]);
    }

    /// <summary>The attribute spatial went in 9, the outputs of training in 14.</summary>
    public static NodeProto BatchNormalization(NodeProto node, OnnxUpgradeContext context)
    {
        if (node.Take("spatial") is { I: 0 })
        {
            throw Refused(node, "it normalises each place by itself (spatial = 0), which newer sets cannot say");
        }

        if (context.From >= 14)
        {
            return node;
        }

        if (node.Output.Skip(1).Any(o => o.Length > 0 && context.IsRead(o)))
        {
            throw Refused(node, "its outputs of training are used");
        }

        while (node.Output.Count > 1)
        {
            node.Output.RemoveAt(1);
        }

        return node;
    }

    /// <summary>Its limits became inputs in 11.</summary>
    public static NodeProto Clip(NodeProto node, OnnxUpgradeContext context)
    {
        if (context.From >= 11)
        {
            return node;
        }

        foreach (var (name, place) in new[] { ("min", 1), ("max", 2) })
        {
            if (node.Take(name) is { } limit)
            {
                OnnxUpgradeContext.SetInput(node, place, context.Store(OnnxTensors.Floats(context.Fresh(name), [limit.F])));
            }
        }

        return node;
    }

    /// <summary>Its amounts and value became inputs in 11.</summary>
    public static NodeProto Pad(NodeProto node, OnnxUpgradeContext context)
    {
        var value = node.Take("value");
        context.ToInput(node, "pads", 1);
        if (value is not null)
        {
            OnnxUpgradeContext.SetInput(node, 2, context.Store(OnnxTensors.Floats(context.Fresh("value"), [value.F])));
        }

        return node;
    }

    /// <summary>Its ranges became inputs in 10.</summary>
    public static NodeProto Slice(NodeProto node, OnnxUpgradeContext context)
    {
        context.ToInput(node, "starts", 1);
        context.ToInput(node, "ends", 2);
        return context.ToInput(node, "axes", 3);
    }

    /// <summary>Its sizes became an input in 13; where there are none, 18 wants the number of parts said.</summary>
    public static NodeProto Split(NodeProto node, OnnxUpgradeContext context)
    {
        context.ToInput(node, "split", 1);
        if (node.Input.Count < 2 && node.Find("num_outputs") is null)
        {
            node.Attribute.Add(OnnxAttributes.Int("num_outputs", node.Output.Count));
        }

        return node;
    }

    /// <summary>Upsample (to 9) and Resize of 10 place pixels by their corner and round down; Resize since 11 says so.</summary>
    public static NodeProto Resize(NodeProto node, OnnxUpgradeContext context)
    {
        if (node.OpType == "Resize" && context.From >= 11)
        {
            return node.TextOf("coordinate_transformation_mode") == "tf_half_pixel_for_nn" ? throw Refused(node, "its coordinates (tf_half_pixel_for_nn) went in set 13") : node;
        }

        var scales = node.Take("scales") is { } given
            ? context.Store(OnnxTensors.Floats(context.Fresh("scales"), [.. given.Floats], given.Floats.Count))
            : node.Input[1];
        return New(
            "Resize",
            [node.Input[0], "", scales],
            node.Output[0],
            OnnxAttributes.Text("mode", node.TextOf("mode") is "linear" or "bilinear" ? "linear" : "nearest"),
            OnnxAttributes.Text("coordinate_transformation_mode", "asymmetric"),
            OnnxAttributes.Text("nearest_mode", "floor"));
    }

    public static NodeProto Renamed(NodeProto node, string operation)
    {
        node.OpType = operation;
        return node;
    }

    public static TarnException Refused(NodeProto node, string why) => new(
        ErrorKind.Unsupported,
        $"The operator {node.OpType} ({(node.Name.Length > 0 ? node.Name : node.Output[0])}) cannot be brought to a newer operator set: {why}.",
        null,
        "Export the model again for operator set 18 or newer.");

    private static NodeProto New(string operation, string[] inputs, string output, params ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { OpType = operation, Name = output + "_" + operation };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        node.Attribute.AddRange(attributes.ToArray());
        return node;
    }
}
