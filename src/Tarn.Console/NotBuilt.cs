using System.Net;
using Microsoft.AspNetCore.Http;

namespace Tarn.Console;

/// <summary>The page that stands in for the console where it was not built.</summary>
internal static class NotBuilt
{
    public static Task WriteAsync(HttpContext http, string folder)
    {
        http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        http.Response.ContentType = "text/html; charset=utf-8";
        http.Response.Headers.CacheControl = "no-store";
        return http.Response.WriteAsync(
            $"""
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <meta name="color-scheme" content="light dark">
            <title>Tarn: the console is not built</title>
            <style>body {"{ font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }"}</style>
            <h1>The console is not built</h1>
            <p>Tarn runs, and its <a href="/openapi/v1.json">API</a> answers. The web console's files were looked for in
            <code>{WebUtility.HtmlEncode(folder)}</code> and are not there. Build them (Node.js 20 or newer), then build and start the program again:</p>
            <pre>cd src/Tarn.Console/web
            npm ci
            npm run build</pre>
            <p><code>./tarn up</code> does all of that by itself.</p>
            </html>
            """);
    }
}
