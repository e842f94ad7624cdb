using System.Runtime.InteropServices;

namespace Tarn.Native;

/// <summary>The native memory of the process.</summary>
public static unsafe class ProcessMemory
{
    private static readonly nint TrimFunction = Find();

    /// <summary>Hands memory that native engines have freed back to the system. The C library of Linux keeps it otherwise; elsewhere nothing happens. Takes milliseconds for each gigabyte that is free.</summary>
    public static void Trim()
    {
        if (TrimFunction != 0)
        {
            _ = ((delegate* unmanaged<nuint, int>)TrimFunction)(0);
        }
    }

    private static nint Find() =>
        OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(library, "malloc_trim", out var function) ? function : 0;
}
