using System.IO.Compression;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Net.Http.Headers;

namespace Tarn.Console;

/// <summary>Serves the built web console.</summary>
public static class ConsoleFiles
{
    /// <summary>Files below this path have a hash of their content in their name (Vite's way), so they never change.</summary>
    private const string HashedFolder = "/assets";

    /// <summary>Adds what <see cref="UseConsole"/> needs.</summary>
    public static IServiceCollection AddConsole(this IServiceCollection services)
    {
        services.AddResponseCompression(static o =>
        {
            o.MimeTypes = ["text/html", "text/css", "text/javascript", "application/javascript", "application/json", "application/geo+json", "application/manifest+json", "image/svg+xml"];
            o.Providers.Add<BrotliCompressionProvider>();
            o.Providers.Add<GzipCompressionProvider>();
        });
        services.Configure<BrotliCompressionProviderOptions>(static o => o.Level = CompressionLevel.Fastest);
        services.Configure<GzipCompressionProviderOptions>(static o => o.Level = CompressionLevel.Fastest);
        return services;
    }

    /// <summary>
    /// Serves the console's files from a folder: with ETags; those with a hash in their name for ever, the others asked for anew each time;
    /// compressed where the client takes it; and the start page for every path that is no file, so that any page of the console can be reloaded.
    /// Where the console was not built, such a path says how to build it.
    /// </summary>
    /// <param name="app">What to serve in.</param>
    /// <param name="folder">The folder with the built files: <c>index.html</c> and what it loads.</param>
    public static IApplicationBuilder UseConsole(this IApplicationBuilder app, string folder)
    {
        if (!File.Exists(Path.Combine(folder, "index.html")))
        {
            return app.Use((http, next) => IsPage(http.Request) ? NotBuilt.WriteAsync(http, folder) : next(http));
        }

        var files = new PhysicalFileProvider(folder);
        app.Use((http, next) =>
        {
            if (IsPage(http.Request) && !files.GetFileInfo(http.Request.Path.Value ?? "").Exists)
            {
                http.Request.Path = "/index.html";
            }

            return next(http);
        });
        app.UseResponseCompression();
        return app.UseStaticFiles(new StaticFileOptions { FileProvider = files, ContentTypeProvider = ContentTypes(), OnPrepareResponse = SetCaching });
    }

    /// <summary>
    /// A request for a page: what a browser's address bar sends, and not one for a file. A dot alone says nothing:
    /// <c>/tables/silver.earthquakes</c> is a page.
    /// </summary>
    private static bool IsPage(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && !request.Path.StartsWithSegments(HashedFolder, StringComparison.Ordinal)
        && (!Path.HasExtension(request.Path.Value) || request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase));

    private static FileExtensionContentTypeProvider ContentTypes()
    {
        var types = new FileExtensionContentTypeProvider();
        types.Mappings[".geojson"] = "application/geo+json";
        types.Mappings[".topojson"] = "application/json";
        types.Mappings[".webmanifest"] = "application/manifest+json";
        return types;
    }

    private static void SetCaching(StaticFileResponseContext file) =>
        file.Context.Response.Headers[HeaderNames.CacheControl] = file.Context.Request.Path.StartsWithSegments(HashedFolder, StringComparison.Ordinal)
            ? "public, max-age=31536000, immutable"
            : "no-cache";
}
