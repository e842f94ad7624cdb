using System.Runtime.InteropServices;

namespace Tarn.Native;

/// <summary>A text for C: UTF-8 and a zero, in memory of its own until disposed.</summary>
internal readonly unsafe ref struct OnnxText
{
    internal OnnxText(string text) => Pointer = (byte*)Marshal.StringToCoTaskMemUTF8(text);

    internal byte* Pointer { get; }

    public void Dispose() => Marshal.FreeCoTaskMem((nint)Pointer);
}
