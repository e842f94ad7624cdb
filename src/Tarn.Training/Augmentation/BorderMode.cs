namespace Tarn.Training;

/// <summary>What stands outside an image where a view reaches over its edge.</summary>
public enum BorderMode
{
    /// <summary>The pixel at the edge, repeated.</summary>
    Edge,

    /// <summary>The image mirrored at its edge.</summary>
    Reflect,

    /// <summary>Black.</summary>
    Black,
}
