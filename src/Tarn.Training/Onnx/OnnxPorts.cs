namespace Tarn.Training;

/// <summary>Inputs and outputs of graphs: their types and shapes.</summary>
internal static class OnnxPorts
{
    /// <summary>A tensor's port; a dimension is a number, or a name for one that varies.</summary>
    public static ValueInfoProto Of(string name, TensorProto.Types.DataType type, params ReadOnlySpan<OnnxDimension> shape)
    {
        var dims = new TensorShapeProto();
        foreach (var dim in shape)
        {
            dims.Dim.Add(dim.Name is { } symbol ? new TensorShapeProto.Types.Dimension { DimParam = symbol } : new TensorShapeProto.Types.Dimension { DimValue = dim.Size });
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = dims } } };
    }

    /// <summary>The dimensions, −1 where one varies; null where the rank is unknown or the port is no tensor.</summary>
    public static long[]? Shape(ValueInfoProto port) => port.Type?.TensorType?.Shape is { } shape
        ? [.. shape.Dim.Select(static d => d.HasDimValue ? d.DimValue : -1)]
        : null;

    public static int ElementType(ValueInfoProto port) => port.Type?.TensorType?.ElemType ?? 0;

    /// <summary>A shape for a person: <c>[N, 3, 224, 224]</c>.</summary>
    public static string Show(ValueInfoProto port) => port.Type?.TensorType?.Shape is { } shape
        ? $"[{string.Join(", ", shape.Dim.Select(static d => d.HasDimValue ? d.DimValue.ToString(System.Globalization.CultureInfo.InvariantCulture) : d.HasDimParam ? d.DimParam : "?"))}]"
        : "of unknown shape";
}

/// <summary>A dimension: a number, or a name for one that varies.</summary>
internal readonly record struct OnnxDimension(long Size, string? Name)
{
    public static implicit operator OnnxDimension(long size) => new(size, null);

    public static implicit operator OnnxDimension(string name) => new(-1, name);
}
