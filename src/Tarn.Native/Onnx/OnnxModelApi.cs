namespace Tarn.Native;

/// <summary>Sessions, runs and tensors: the functions whose shapes are their own.</summary>
internal static unsafe class OnnxModelApi
{
    internal static nint CreateSession(nint environment, void* path, nint options, nint prepacked, out nint session)
    {
        fixed (nint* result = &session)
        {
            return prepacked == 0
                ? ((delegate* unmanaged<nint, void*, nint, nint*, nint>)OnnxLibrary.Table[7])(environment, path, options, result)
                : ((delegate* unmanaged<nint, void*, nint, nint, nint*, nint>)OnnxLibrary.Table[168])(environment, path, options, prepacked, result);
        }
    }

    internal static nint CreateSession(nint environment, void* model, nuint length, nint options, nint prepacked, out nint session)
    {
        fixed (nint* result = &session)
        {
            return prepacked == 0
                ? ((delegate* unmanaged<nint, void*, nuint, nint, nint*, nint>)OnnxLibrary.Table[8])(environment, model, length, options, result)
                : ((delegate* unmanaged<nint, void*, nuint, nint, nint, nint*, nint>)OnnxLibrary.Table[169])(environment, model, length, options, prepacked, result);
        }
    }

    internal static nint Run(nint session, nint options, nint* inputNames, nint* inputs, nuint inputCount, nint* outputNames, nuint outputCount, nint* outputs) =>
        ((delegate* unmanaged<nint, nint, nint*, nint*, nuint, nint*, nuint, nint*, nint>)OnnxLibrary.Table[9])(
            session, options, inputNames, inputs, inputCount, outputNames, outputCount, outputs);

    internal static nint RunWithBinding(nint session, nint options, nint binding) =>
        ((delegate* unmanaged<nint, nint, nint, nint>)OnnxLibrary.Table[133])(session, options, binding);

    internal static nint CreateTensor(nint allocator, long* shape, nuint rank, int type, out nint value)
    {
        fixed (nint* result = &value)
        {
            return ((delegate* unmanaged<nint, long*, nuint, int, nint*, nint>)OnnxLibrary.Table[48])(allocator, shape, rank, type, result);
        }
    }

    internal static nint CreateTensor(nint memory, void* data, nuint bytes, long* shape, nuint rank, int type, out nint value)
    {
        fixed (nint* result = &value)
        {
            return ((delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint>)OnnxLibrary.Table[49])(memory, data, bytes, shape, rank, type, result);
        }
    }

    internal static nint FillStrings(nint value, byte** texts, nuint count) => ((delegate* unmanaged<nint, byte**, nuint, nint>)OnnxLibrary.Table[52])(value, texts, count);

    internal static nint StringContent(nint value, void* buffer, nuint length, nuint* offsets, nuint count) =>
        ((delegate* unmanaged<nint, void*, nuint, nuint*, nuint, nint>)OnnxLibrary.Table[54])(value, buffer, length, offsets, count);

    internal static nint Dimensions(nint info, long* dimensions, nuint rank) => ((delegate* unmanaged<nint, long*, nuint, nint>)OnnxLibrary.Table[62])(info, dimensions, rank);

    internal static nint DimensionNames(nint info, nint* names, nuint rank) => ((delegate* unmanaged<nint, nint*, nuint, nint>)OnnxLibrary.Table[63])(info, names, rank);

    /// <summary>A member of a sequence, or of a map its keys (0) and values (1).</summary>
    internal static nint Member(nint value, int index, out nint member)
    {
        fixed (nint* result = &member)
        {
            return ((delegate* unmanaged<nint, int, nint, nint*, nint>)OnnxLibrary.Table[80])(value, index, OnnxRuntime.Allocator, result);
        }
    }

    internal static nint MetadataLookup(nint metadata, byte* key, out nint text)
    {
        fixed (nint* result = &text)
        {
            return ((delegate* unmanaged<nint, nint, byte*, nint*, nint>)OnnxLibrary.Table[116])(metadata, OnnxRuntime.Allocator, key, result);
        }
    }

    internal static nint MetadataKeys(nint metadata, out nint keys, out long count)
    {
        fixed (nint* result = &keys)
        fixed (long* number = &count)
        {
            return ((delegate* unmanaged<nint, nint, nint*, long*, nint>)OnnxLibrary.Table[123])(metadata, OnnxRuntime.Allocator, result, number);
        }
    }

    internal static nint BoundOutputs(nint binding, out nint values, out nuint count)
    {
        fixed (nint* result = &values)
        fixed (nuint* number = &count)
        {
            return ((delegate* unmanaged<nint, nint, nint*, nuint*, nint>)OnnxLibrary.Table[140])(binding, OnnxRuntime.Allocator, result, number);
        }
    }
}
