namespace Tarn.Serving;

/// <summary>The files of a version, where it is loaded from.</summary>
internal sealed record ModelFiles
{
    /// <summary>The model's file, where it is on this machine; data that it refers to is beside it.</summary>
    public string? Path { get; init; }

    /// <summary>The model's bytes, where it is elsewhere.</summary>
    public ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>The bytes of <c>signature.json</c>; empty where there is none.</summary>
    public ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary>The bytes of <c>labels.txt</c>, a class a line; empty where there is none.</summary>
    public ReadOnlyMemory<byte> LabelLines { get; init; }
}
