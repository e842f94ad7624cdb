using System.Text;

namespace Tarn.Native;

/// <summary>Tensors of texts: their bytes lie one after another, with the place where each begins.</summary>
internal static unsafe class OnnxStrings
{
    internal static void Fill(OnnxHandle tensor, IReadOnlyList<string> texts)
    {
        // One block: every text in UTF-8 and a zero. The runtime reads a text up to its first zero.
        var starts = new int[texts.Count];
        var length = 0;
        for (var i = 0; i < starts.Length; i++)
        {
            starts[i] = length;
            length = checked(length + Encoding.UTF8.GetByteCount(texts[i]) + 1);
        }

        var block = new byte[length];
        for (var i = 0; i < starts.Length; i++)
        {
            _ = Encoding.UTF8.GetBytes(texts[i], block.AsSpan(starts[i]));
        }

        using var held = tensor.Borrow();
        fixed (byte* bytes = block)
        {
            var pointers = new nint[starts.Length];
            for (var i = 0; i < starts.Length; i++)
            {
                pointers[i] = (nint)(bytes + starts[i]);
            }

            fixed (nint* all = pointers)
            {
                OnnxErrors.Check(OnnxModelApi.FillStrings(held.Pointer, (byte**)all, (nuint)pointers.Length));
            }
        }
    }

    internal static string[] Read(OnnxHandle tensor, int count)
    {
        if (count == 0)
        {
            return [];
        }

        using var held = tensor.Borrow();
        OnnxErrors.Check(OnnxApi.Get(OnnxApi.StringsLength, held.Pointer, out nint length));
        var bytes = new byte[length];
        var starts = new nuint[count];
        fixed (byte* buffer = bytes.Length == 0 ? new byte[1] : bytes)
        fixed (nuint* offsets = starts)
        {
            OnnxErrors.Check(OnnxModelApi.StringContent(held.Pointer, buffer, (nuint)length, offsets, (nuint)count));
        }

        var texts = new string[count];
        for (var i = 0; i < count; i++)
        {
            var end = i + 1 < count ? (int)starts[i + 1] : bytes.Length;
            texts[i] = Encoding.UTF8.GetString(bytes.AsSpan((int)starts[i]..end));
        }

        return texts;
    }
}
