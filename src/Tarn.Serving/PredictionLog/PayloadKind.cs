namespace Tarn.Serving;

/// <summary>In which form the inputs or outputs of a prediction are recorded.</summary>
public enum PayloadKind : byte
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>JSON in UTF-8, as it came or as it was sent.</summary>
    Json = 1,

    /// <summary>
    /// Tensors, one after the other: u16 length of the name, the name in UTF-8, u8 element type (ONNX Runtime's number), u8 rank, an i64 for each dimension, u32 bytes of data, the data;
    /// all little-endian. Of texts the data are a u32 length and the UTF-8 of each.
    /// </summary>
    Tensors = 2,

    /// <summary>The SHA-256 of what is not kept: 32 bytes, and where it is known its length as an i64.</summary>
    Sha256 = 3,
}
