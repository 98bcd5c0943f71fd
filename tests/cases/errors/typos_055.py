x = new C()
