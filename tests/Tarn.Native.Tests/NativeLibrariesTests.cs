using System.Diagnostics;
using Xunit;

namespace Tarn.Native.Tests;

public sealed class NativeLibrariesTests
{
    [Fact]
    public void The_library_is_found_beside_the_program_and_of_the_right_version()
    {
        Assert.All(NativeLibraries.Check(), static status =>
        {
            Assert.True(status.IsUsable, status.Problem);
            Assert.StartsWith(AppContext.BaseDirectory, status.Path, StringComparison.Ordinal);
            Assert.NotEmpty(status.Consequence);
        });
        Assert.Equal([("DuckDB", "v1.5"), ("ONNX Runtime", "1.30"), ("libjpeg-turbo", "3.1"), ("libvips", "8.18")], NativeLibraries.Check().Select(static s => (s.Name, s.Version![..Math.Min(4, s.Version!.Length)])));
    }

    /// <summary>
    /// A copy of this very program without the library, or with something else in its place, run in a process of its own
    /// (a library that was loaded stays loaded): <see cref="LibraryProbe"/> tells what the first use says.
    /// </summary>
    [Theory]
    [InlineData("duckdb", "missing", "was not found in")]
    [InlineData("duckdb", "text", "is there but cannot be loaded")]
    [InlineData("duckdb", "cut", "is there but cannot be loaded")]
    [InlineData("duckdb", "other", "is not DuckDB's library")]
    [InlineData("onnxruntime", "missing", "was not found in")]
    [InlineData("onnxruntime", "cut", "is there but cannot be loaded")]
    [InlineData("onnxruntime", "other", "is not ONNX Runtime's library")]
    [InlineData("vips", "missing", "was not found in")]
    [InlineData("vips", "cut", "is there but cannot be loaded")]
    [InlineData("vips", "other", "is not libvips")]
    public void A_missing_or_wrong_library_is_named_with_where_it_was_looked_for_and_how_to_get_it(string engine, string fault, string expected)
    {
        var (output, folder) = Probe(engine, fault);
        Assert.Contains("PROBE Unavailable", output, StringComparison.Ordinal);
        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.Contains(folder, output, StringComparison.Ordinal);
        Assert.Contains("npm ci", output, StringComparison.Ordinal);
        Assert.Contains("CHECK agrees", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_libjpeg_turbo_libvips_takes_its_place()
    {
        var (output, folder) = Probe("turbojpeg", "missing");
        Assert.Contains("PROBE libturbojpeg.so.0 was not found in", output, StringComparison.Ordinal);
        Assert.Contains(folder, output, StringComparison.Ordinal);
        Assert.Contains("npm ci", output, StringComparison.Ordinal);
        Assert.Contains("read and written by libvips", output, StringComparison.Ordinal);
        Assert.Contains("DECODED True", output, StringComparison.Ordinal);
    }

    private static (string Output, string Folder) Probe(string engine, string fault)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Takes another library's place under Linux's names.");
        }

        var folder = Directory.CreateTempSubdirectory("tarn-test-").FullName;
        try
        {
            foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory).Where(f => !Path.GetFileName(f).StartsWith($"lib{engine}", StringComparison.Ordinal)))
            {
                File.CreateSymbolicLink(Path.Combine(folder, Path.GetFileName(file)), file);
            }

            var library = Path.Combine(folder, NativeLibraries.FileName(engine == "vips" ? NativeLibraries.Vips : engine));
            switch (fault)
            {
                case "text":
                    File.WriteAllText(library, "not a library");
                    break;
                case "cut":
                    using (var whole = File.OpenRead(Path.Combine(AppContext.BaseDirectory, NativeLibraries.FileName(engine == "vips" ? NativeLibraries.Vips : engine))))
                    {
                        var head = new byte[4096];
                        whole.ReadExactly(head);
                        File.WriteAllBytes(library, head);
                    }

                    break;
                case "other":
                    File.Copy(Directory.EnumerateFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "libSystem.Native.so").Single(), library);
                    break;
            }

            // Symbolic links resolve to the program's own folder, so the assemblies that decide where to look are copied.
            foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory, "Tarn.*"))
            {
                File.Delete(Path.Combine(folder, Path.GetFileName(file)));
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            }

            using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(folder, "Tarn.Native.Tests.dll"), "-explicit", "only", "-method", $"{typeof(LibraryProbe).FullName}.{engine}"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (output, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

/// <summary>Run by <see cref="NativeLibrariesTests"/> in a process of its own.</summary>
public sealed class LibraryProbe
{
    [Fact(Explicit = true)]
    public void duckdb() => Probe("DuckDB", static () => DuckDbDatabase.Open());

    [Fact(Explicit = true)]
    public void onnxruntime() => Probe("ONNX Runtime", static () => OnnxSession.FromBytes([1, 2, 3]));

    [Fact(Explicit = true)]
    public void vips() => Probe("libvips", static () => ImageCodec.EncodePng(new RgbImage(1, 1)));

    [Fact(Explicit = true)]
    public void turbojpeg()
    {
        var status = NativeLibraries.Check().Single(static s => s.Name == "libjpeg-turbo");
        var image = ImageCodec.Decode(ImageCodec.EncodeJpeg(TestPictures.Smooth(40, 30), 95));
        Console.WriteLine($"PROBE {status.Problem} {status.Remedy} {status.Consequence}");
        Console.WriteLine($"DECODED {ImageCodecTests.Difference(TestPictures.Smooth(40, 30), image) < 3}");
    }

    private static void Probe(string engine, Func<object> use)
    {
        var error = Assert.Throws<Core.TarnException>(use);
        var status = NativeLibraries.Check().Single(s => s.Name == engine);
        Console.WriteLine($"PROBE {error.Kind} {error.Message}");
        Console.WriteLine(status.Problem == error.Value && status.Remedy == error.Remedy && !status.IsUsable ? "CHECK agrees" : "CHECK differs");
    }
}
