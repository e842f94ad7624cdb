using System.Globalization;

namespace Tarn.Native;

/// <summary>What a value of a model is.</summary>
public enum OnnxValueKind
{
    /// <summary>Nothing: an optional value that is absent, or a kind that is not known here.</summary>
    None = 0,

    /// <summary>A dense tensor.</summary>
    Tensor = 1,

    /// <summary>A list of values.</summary>
    Sequence = 2,

    /// <summary>Keys and values, a tensor each.</summary>
    Map = 3,

    /// <summary>A sparse tensor.</summary>
    SparseTensor = 5,

    /// <summary>A value that may be absent.</summary>
    Optional = 6,
}

/// <summary>One input or output that a model declares.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="ElementType">Its elements' type; <see cref="OnnxElementType.Undefined"/> where it is no tensor.</param>
/// <param name="Shape">Its dimensions, -1 where any length will do; empty for a scalar, for what is no tensor, and where the model leaves the rank open.</param>
/// <param name="DimensionNames">The symbolic name of each dimension (<c>batch</c>), empty text where it has none.</param>
public sealed record OnnxTensorInfo(string Name, OnnxElementType ElementType, IReadOnlyList<long> Shape, IReadOnlyList<string> DimensionNames)
{
    /// <summary>What it is; a tensor in nearly every model.</summary>
    public OnnxValueKind Kind { get; init; } = OnnxValueKind.Tensor;

    /// <summary>As <c>name: Float[batch,3,224,224]</c>.</summary>
    public override string ToString() => Kind == OnnxValueKind.Tensor
        ? $"{Name}: {ElementType}[{string.Join(',', Shape.Select((d, i) => d >= 0 ? d.ToString(CultureInfo.InvariantCulture) : DimensionNames[i].Length > 0 ? DimensionNames[i] : "?"))}]"
        : $"{Name}: {Kind}";
}
