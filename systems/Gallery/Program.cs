using Tarn;

var tarn = TarnApp.CreateBuilder(args);
return await tarn.Build().RunAsync();
