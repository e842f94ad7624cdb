using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Tarn.Lake;

namespace Tarn.Training;

/// <summary>The embedding of a view of an image: a row of the table of embeddings.</summary>
[Describe("Embeddings of images, each computed once for an image, a view and a backbone.")]
internal sealed record EmbeddingRow
{
    [Describe("The SHA-256 of the image's file.")]
    public required string ImageSha256 { get; init; }

    [Describe("The key of the augmentation that the view is drawn by; empty for the image itself.")]
    public required string Augmentation { get; init; }

    [Describe("The view's number; 0 for the image itself.")]
    public required int ViewNumber { get; init; }

    [Describe("The hash of the backbone, its resizing and its preprocessing.")]
    public required string BackboneHash { get; init; }

    [Describe("The backbone's name.")]
    public required string Backbone { get; init; }

    [Describe("The numbers: 32-bit floats, little-endian.")]
    public required byte[] Embedding { get; init; }

    [Describe("When it was computed.")]
    public DateTimeOffset MadeAt { get; init; }

    public static byte[] Pack(ReadOnlySpan<float> values)
    {
        var bytes = new byte[values.Length * sizeof(float)];
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(values).CopyTo(bytes);
        }
        else
        {
            for (var i = 0; i < values.Length; i++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
            }
        }

        return bytes;
    }

    public static void Unpack(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(i * sizeof(float))..]);
        }
    }
}
