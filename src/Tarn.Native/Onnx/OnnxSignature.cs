using System.Runtime.InteropServices;

namespace Tarn.Native;

/// <summary>Reads what a model declares: its inputs, outputs and metadata.</summary>
internal static unsafe class OnnxSignature
{
    internal static OnnxTensorInfo[] Read(nint session, int countPlace, int namePlace, int typePlace)
    {
        OnnxErrors.Check(OnnxApi.Get(countPlace, session, out nint count));
        var all = new OnnxTensorInfo[count];
        for (var i = 0; i < all.Length; i++)
        {
            var name = OnnxApi.TextAt(namePlace, session, (nuint)i);
            OnnxErrors.Check(OnnxApi.GetAt(typePlace, session, (nuint)i, out var pointer));
            using var type = new OnnxHandle(pointer, OnnxApi.ReleaseTypeInfo);
            OnnxErrors.Check(OnnxApi.Get(OnnxApi.KindOfTypeInfo, pointer, out int kind));
            if (kind != (int)OnnxValueKind.Tensor)
            {
                all[i] = new OnnxTensorInfo(name, OnnxElementType.Undefined, [], []) { Kind = (OnnxValueKind)kind };
                continue;
            }

            // The tensor's information is a part of the type's, and not released by itself.
            OnnxErrors.Check(OnnxApi.Get(OnnxApi.CastToTensorInfo, pointer, out nint info));
            var (element, shape) = ReadTensor(info);
            all[i] = new OnnxTensorInfo(name, element, shape, DimensionNames(info, shape.Length));
        }

        return all;
    }

    internal static (OnnxElementType Type, long[] Shape) ReadTensor(nint info)
    {
        OnnxErrors.Check(OnnxApi.Get(OnnxApi.ElementTypeOf, info, out int element));
        OnnxErrors.Check(OnnxApi.Get(OnnxApi.DimensionCount, info, out nint rank));
        var shape = new long[rank];
        fixed (long* dimensions = shape)
        {
            OnnxErrors.Check(OnnxModelApi.Dimensions(info, dimensions, (nuint)rank));
        }

        return ((OnnxElementType)element, shape);
    }

    internal static OnnxModelMetadata ReadMetadata(nint session)
    {
        OnnxErrors.Check(OnnxApi.Get(OnnxApi.ModelMetadata, session, out nint metadata));
        using var held = new OnnxHandle(metadata, OnnxApi.ReleaseModelMetadata);
        OnnxErrors.Check(OnnxApi.Get(OnnxApi.MetadataVersion, metadata, out nint version));
        OnnxErrors.Check(OnnxModelApi.MetadataKeys(metadata, out var keys, out var count));
        var custom = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var key = ((nint*)keys)[i];
            OnnxErrors.Check(OnnxModelApi.MetadataLookup(metadata, (byte*)key, out var text));
            custom[Marshal.PtrToStringUTF8(key) ?? ""] = OnnxApi.TakeText(text);
            OnnxErrors.Check(OnnxApi.Free(OnnxRuntime.Allocator, key));
        }

        if (keys != 0)
        {
            OnnxErrors.Check(OnnxApi.Free(OnnxRuntime.Allocator, keys));
        }

        return new OnnxModelMetadata(
            OnnxApi.Text(OnnxApi.MetadataProducer, metadata),
            OnnxApi.Text(OnnxApi.MetadataGraph, metadata),
            OnnxApi.Text(OnnxApi.MetadataDomain, metadata),
            OnnxApi.Text(OnnxApi.MetadataDescription, metadata),
            version,
            custom);
    }

    private static string[] DimensionNames(nint info, int rank)
    {
        var pointers = new nint[rank];
        fixed (nint* names = pointers)
        {
            OnnxErrors.Check(OnnxModelApi.DimensionNames(info, names, (nuint)rank));
        }

        // The texts belong to the information.
        return Array.ConvertAll(pointers, static p => Marshal.PtrToStringUTF8(p) ?? "");
    }
}

/// <summary>What a model's file says of itself.</summary>
/// <param name="Producer">The program that wrote it.</param>
/// <param name="Graph">The graph's name.</param>
/// <param name="Domain">The model's domain.</param>
/// <param name="Description">Its description.</param>
/// <param name="Version">The model's own version number.</param>
/// <param name="Custom">Its own keys and values.</param>
public sealed record OnnxModelMetadata(string Producer, string Graph, string Domain, string Description, long Version, IReadOnlyDictionary<string, string> Custom);
