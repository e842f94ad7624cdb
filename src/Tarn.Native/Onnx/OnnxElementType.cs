namespace Tarn.Native;

/// <summary>The type of a tensor's elements, by ONNX Runtime's own numbers; in brackets the C# type under which their memory is given and read.</summary>
public enum OnnxElementType
{
    /// <summary>Not a tensor, or a type that is not known here.</summary>
    Undefined = 0,

    /// <summary>32-bit float (<see cref="float"/>).</summary>
    Float = 1,

    /// <summary>Unsigned 8-bit integer (<see cref="byte"/>).</summary>
    UInt8 = 2,

    /// <summary>Signed 8-bit integer (<see cref="sbyte"/>).</summary>
    Int8 = 3,

    /// <summary>Unsigned 16-bit integer (<see cref="ushort"/>).</summary>
    UInt16 = 4,

    /// <summary>Signed 16-bit integer (<see cref="short"/>).</summary>
    Int16 = 5,

    /// <summary>Signed 32-bit integer (<see cref="int"/>).</summary>
    Int32 = 6,

    /// <summary>Signed 64-bit integer (<see cref="long"/>).</summary>
    Int64 = 7,

    /// <summary>Text in UTF-8; its memory is the runtime's, read by <see cref="OnnxValue.GetStrings"/>.</summary>
    String = 8,

    /// <summary>True or false, a byte each (<see cref="bool"/>).</summary>
    Bool = 9,

    /// <summary>16-bit IEEE float (<see cref="Half"/>).</summary>
    Float16 = 10,

    /// <summary>64-bit float (<see cref="double"/>).</summary>
    Double = 11,

    /// <summary>Unsigned 32-bit integer (<see cref="uint"/>).</summary>
    UInt32 = 12,

    /// <summary>Unsigned 64-bit integer (<see cref="ulong"/>).</summary>
    UInt64 = 13,

    /// <summary>Two 32-bit floats; the runtime holds no tensor of it.</summary>
    Complex64 = 14,

    /// <summary>Two 64-bit floats; the runtime holds no tensor of it.</summary>
    Complex128 = 15,

    /// <summary>The upper half of a 32-bit float (<see cref="ushort"/>).</summary>
    BFloat16 = 16,

    /// <summary>8-bit float, 4 bits of exponent, no infinities (<see cref="byte"/>).</summary>
    Float8E4M3FN = 17,

    /// <summary>8-bit float, 4 bits of exponent, no infinities, no negative zero (<see cref="byte"/>).</summary>
    Float8E4M3FNUZ = 18,

    /// <summary>8-bit float, 5 bits of exponent (<see cref="byte"/>).</summary>
    Float8E5M2 = 19,

    /// <summary>8-bit float, 5 bits of exponent, no infinities, no negative zero (<see cref="byte"/>).</summary>
    Float8E5M2FNUZ = 20,

    /// <summary>Unsigned 4-bit integer, two in a <see cref="byte"/>, the first in the low half.</summary>
    UInt4 = 21,

    /// <summary>Signed 4-bit integer, two in a <see cref="byte"/>, the first in the low half.</summary>
    Int4 = 22,

    /// <summary>4-bit float, two in a <see cref="byte"/>, the first in the low half.</summary>
    Float4E2M1 = 23,

    /// <summary>Unsigned 2-bit integer, four in a <see cref="byte"/>, the first in the lowest bits.</summary>
    UInt2 = 24,

    /// <summary>Signed 2-bit integer, four in a <see cref="byte"/>, the first in the lowest bits.</summary>
    Int2 = 25,
}
